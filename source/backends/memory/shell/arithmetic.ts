/** Operators by how strongly they bind, weakest first. */
const levels: ReadonlyArray<readonly string[]> = [['||'], ['&&'], ['|'], ['^'], ['&'], ['==', '!='], ['<=', '>=', '<', '>'], ['<<', '>>'], ['+', '-'], ['*', '/', '%']];

const divide = (left: number, right: number, whole: boolean): number => {
	if (right === 0) {
		throw new Error('divide by zero');
	}

	return whole ? Math.trunc(left / right) : left % right;
};

const operators: Readonly<Record<string, (left: number, right: number) => number>> = {
	'+': (left, right) => left + right,
	'-': (left, right) => left - right,
	'*': (left, right) => left * right,
	'/': (left, right) => divide(left, right, true),
	'%': (left, right) => divide(left, right, false),
	'==': (left, right) => Number(left === right),
	'!=': (left, right) => Number(left !== right),
	'<': (left, right) => Number(left < right),
	'>': (left, right) => Number(left > right),
	'<=': (left, right) => Number(left <= right),
	'>=': (left, right) => Number(left >= right),
	'<<': (left, right) => left * (2 ** right),
	'>>': (left, right) => Math.floor(left / (2 ** right)),
	'&&': (left, right) => Number(left !== 0 && right !== 0),
	'||': (left, right) => Number(left !== 0 || right !== 0),
	'&': (left, right) => left & right,
	'|': (left, right) => left | right,
	'^': (left, right) => left ^ right,
};

/** The value of an expression of whole numbers as in `$((…))`. Throws an error that says what is wrong with it. */
export const evaluate = (text: string, variable: {readonly get: (name: string) => string; readonly set: (name: string, value: string) => void}): number => {
	const tokens = text.match(/\d\w*|[A-Z_a-z]\w*|<<|>>|[!<=>]=|&&|\|\||[%*+\-\/]=|\S/gv) ?? [];
	let position = 0;
	const fail = (): never => {
		throw new Error(`arithmetic syntax error in ${JSON.stringify(text.slice(0, 60))}`);
	};

	const numberOf = (token: string): number => {
		const value = Number(/^0\d/v.test(token) ? `0o${token.slice(1)}` : token);
		return Number.isSafeInteger(value) ? value : fail();
	};

	const readUnary = (): number => {
		const token = tokens[position++];
		switch (token) {
			case undefined: {
				return fail();
			}

			case '(': {
				const value = readTernary();
				return tokens[position++] === ')' ? value : fail();
			}

			case '-': {
				return -readUnary();
			}

			case '+': {
				return readUnary();
			}

			case '!': {
				return Number(readUnary() === 0);
			}

			case '~': {
				return ~readUnary();
			}

			default: {
				if (/^\d/v.test(token)) {
					return numberOf(token);
				}

				if (!/^\w/v.test(token)) {
					return fail();
				}

				const assignment = /^(?<operator>[%*+\-\/]?)=$/v.exec(tokens[position] ?? '');
				const value = numberOf(variable.get(token).trim() || '0');
				if (!assignment) {
					return value;
				}

				position++;
				const operator = assignment.groups!.operator!;
				const right = readTernary();
				const result = operator === '' ? right : operators[operator]!(value, right);
				variable.set(token, String(result));
				return result;
			}
		}
	};

	const readLevel = (level: number): number => {
		const sameLevel = levels[level];
		if (!sameLevel) {
			return readUnary();
		}

		let left = readLevel(level + 1);
		for (let operator = tokens[position]; operator !== undefined && sameLevel.includes(operator); operator = tokens[position]) {
			position++;
			left = operators[operator]!(left, readLevel(level + 1));
		}

		return left;
	};

	const readTernary = (): number => {
		const condition = readLevel(0);
		if (tokens[position] !== '?') {
			return condition;
		}

		position++;
		const yes = readTernary();
		const no = tokens[position++] === ':' ? readTernary() : fail();
		return condition === 0 ? no : yes;
	};

	const value = tokens.length === 0 ? 0 : readTernary();
	return position < tokens.length ? fail() : value;
};
