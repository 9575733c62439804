import {notInDemo, ShellSyntaxError} from './source.js';

/** Operators by how strongly they bind, weakest first. */
const levels: ReadonlyArray<readonly string[]> = [['||'], ['&&'], ['==', '!='], ['<=', '>=', '<', '>'], ['+', '-'], ['*', '/', '%']];

const divisor = (number: number): number => {
	if (number === 0) {
		throw new ShellSyntaxError('divide by zero');
	}

	return number;
};

const operators: Readonly<Record<string, (left: number, right: number) => number>> = {
	'+': (left, right) => left + right,
	'-': (left, right) => left - right,
	'*': (left, right) => left * right,
	'/': (left, right) => Math.trunc(left / divisor(right)),
	'%': (left, right) => left % divisor(right),
	'==': (left, right) => Number(left === right),
	'!=': (left, right) => Number(left !== right),
	'<': (left, right) => Number(left < right),
	'>': (left, right) => Number(left > right),
	'<=': (left, right) => Number(left <= right),
	'>=': (left, right) => Number(left >= right),
	'&&': (left, right) => Number(left !== 0 && right !== 0),
	'||': (left, right) => Number(left !== 0 || right !== 0),
};

/** The value of an expression of decimal integers, as in `$((…))`. Throws `ShellSyntaxError`. */
export const evaluate = (text: string, valueOf: (name: string) => string): number => {
	const tokens = text.match(/\w+|<<|>>|[!<=>]=|&&|\|\||[%*+\-\/]=|\S/gv) ?? [];
	let position = 0;
	const fail = (): never => {
		throw new ShellSyntaxError(`arithmetic syntax error in ${JSON.stringify(text.slice(0, 60))}`);
	};

	const numberOf = (token: string): number =>
		/^(?:0|-?[1-9]\d*)$/v.test(token) && Number.isSafeInteger(Number(token)) ? Number(token) : fail();

	const readUnary = (): number => {
		const token = tokens[position++] ?? fail();
		switch (token) {
			case '(': {
				const value = readLevel(0);
				return tokens[position++] === ')' ? value : fail();
			}

			case '-': {
				return 0 - readUnary();
			}

			case '!': {
				return Number(readUnary() === 0);
			}

			default: {
				return numberOf(/^[A-Z_a-z]/v.test(token) ? valueOf(token).trim() || '0' : token);
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

	const value = tokens.length === 0 ? 0 : readLevel(0);
	if (position < tokens.length) {
		throw /\w/v.test(tokens[position]!) ? fail() : notInDemo(`${tokens[position]!} in $(( ))`);
	}

	return value;
};
