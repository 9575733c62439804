import {notInDemo, ShellSyntaxError} from './source.js';

/** Operators by how strongly they bind, weakest first. */
const levels: ReadonlyArray<readonly string[]> = [['||'], ['&&'], ['==', '!='], ['<=', '>=', '<', '>'], ['+', '-'], ['*', '/', '%']];

const divisor = (number: bigint): bigint => {
	if (number === 0n) {
		throw new ShellSyntaxError('divide by zero');
	}

	return number;
};

const operators: Readonly<Record<string, (left: bigint, right: bigint) => bigint>> = {
	'+': (left, right) => left + right,
	'-': (left, right) => left - right,
	'*': (left, right) => left * right,
	'/': (left, right) => left / divisor(right),
	'%': (left, right) => left % divisor(right),
	'==': (left, right) => BigInt(left === right),
	'!=': (left, right) => BigInt(left !== right),
	'<': (left, right) => BigInt(left < right),
	'>': (left, right) => BigInt(left > right),
	'<=': (left, right) => BigInt(left <= right),
	'>=': (left, right) => BigInt(left >= right),
	'&&': (left, right) => BigInt(left !== 0n && right !== 0n),
	'||': (left, right) => BigInt(left !== 0n || right !== 0n),
};

/** The value of an expression of integers of 64 bits, as in `$((…))`. Throws `ShellSyntaxError`. */
export const evaluate = (text: string, valueOf: (name: string) => string): bigint => {
	const found = text.match(/\w+|<<|>>|[!<=>]=|&&|\|\||\*\*|\+\+|--|[%*+\-\/]=|\S/gv) ?? [];
	const isNameAt = (index: number) => /^[A-Z_a-z]/v.test(found[index] ?? '');
	// Without a variable beside it, `--` is two signs.
	const tokens = found.flatMap((token, index) => /^(?:\+\+|--)$/v.test(token) && !isNameAt(index - 1) && !isNameAt(index + 1) ? [...token] : [token]);
	let position = 0;
	const fail = (): never => {
		throw new ShellSyntaxError(`arithmetic syntax error in ${JSON.stringify(text.slice(0, 60))}`);
	};

	const numberOf = (token: string): bigint => {
		const {octal, number} = /^(?:0(?<octal>[0-7]+)|(?<number>0x[\da-f]{1,16}|0|[1-9]\d{0,18}))$/iv.exec(token)?.groups ?? {};
		return octal === undefined && number === undefined ? fail() : BigInt.asIntN(64, BigInt(octal === undefined ? number! : `0o${octal}`));
	};

	const variableOf = (name: string): bigint => {
		const value = valueOf(name).trim() || '0';
		if (!/^[+\-]?\d\w*$/v.test(value)) {
			// Other shells evaluate it in turn.
			throw notInDemo(`${name} with the value ${value.slice(0, 60)} in $(( ))`);
		}

		const number = numberOf(value.replace(/^[+\-]/v, ''));
		return value.startsWith('-') ? BigInt.asIntN(64, -number) : number;
	};

	const readUnary = (): bigint => {
		const token = tokens[position++] ?? fail();
		switch (token) {
			case '(': {
				const value = readLevel(0);
				return tokens[position++] === ')' ? value : fail();
			}

			case '-': {
				return BigInt.asIntN(64, -readUnary());
			}

			case '+': {
				return readUnary();
			}

			case '~':
			case '++':
			case '--':
			case '**': {
				throw notInDemo(`${token} in $(( ))`);
			}

			case '!': {
				return BigInt(readUnary() === 0n);
			}

			default: {
				return /^[A-Z_a-z]/v.test(token) ? variableOf(token) : numberOf(token);
			}
		}
	};

	const readLevel = (level: number): bigint => {
		const sameLevel = levels[level];
		if (!sameLevel) {
			return readUnary();
		}

		let left = readLevel(level + 1);
		for (let operator = tokens[position]; operator !== undefined && sameLevel.includes(operator); operator = tokens[position]) {
			position++;
			left = BigInt.asIntN(64, operators[operator]!(left, readLevel(level + 1)));
		}

		return left;
	};

	const value = tokens.length === 0 ? 0n : readLevel(0);
	if (position < tokens.length) {
		throw /\w/v.test(tokens[position]!) ? fail() : notInDemo(`${tokens[position]!} in $(( ))`);
	}

	return value;
};
