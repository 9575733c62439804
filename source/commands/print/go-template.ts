import {HolmError, messageOf} from '../../engine/errors.js';
import {
	functions,
	member,
	show,
	isTrue,
} from './go-template-functions.js';
import {templateError, tokenise, type Token} from './go-template-tokens.js';
import {createVariables, type Variables} from './go-template-variables.js';

type Scope = {
	readonly dot: unknown;
	readonly variables: Variables;
	readonly strict: Record<string, unknown> | undefined;
};
type Expression = (scope: Scope, piped: readonly unknown[]) => unknown;
type Node = (scope: Scope) => string;

const variableIn = (variables: Variables, {text, position}: Pick<Token, 'text' | 'position'>) => {
	const found = variables.find(text);
	if (!found) {
		throw templateError(`undefined variable ${text}`, position);
	}

	return found;
};

/** A compiled template: data in, text out. With `strict`, a missing field throws `invalid` instead of yielding `<no value>`. */
export type Template = (data: Record<string, unknown>, options?: {readonly strict?: boolean}) => string;

/**
Compiles the subset of Go's text/template that is common in `--format`: fields, variables, pipes, functions, comments, `if`, `with`, `range`. Throws `invalid` with the position of an error.
*/
export const compileTemplate = (template: string): Template => {
	const tokens = tokenise(template);
	let index = 0;

	const peek = () => tokens[index];
	const isAt = (kind: Token['kind'], text?: string) => peek()?.kind === kind && (text === undefined || peek()!.text === text);
	const next = (): Token => tokens[index++]!;
	const end = () => template.length + 1;
	const expectClose = () => {
		if (!isAt('close')) {
			const token = peek();
			throw templateError(token ? `unexpected "${token.text}"` : 'unexpected end', token?.position ?? end());
		}

		index++;
	};

	const isAdjacent = () => peek()?.position === tokens[index - 1]!.position + tokens[index - 1]!.text.length;

	/** `.a.b`, `$x.a`, `(pipe).a`; the last field may be a method that takes the arguments. */
	const fieldsAfter = (base: Expression, isFirst = isAdjacent()): Expression => {
		const path: Token[] = [];
		// `.a.b` is a path, `.a .b` are two arguments.
		while (isAt('field') && (path.length === 0 ? isFirst : isAdjacent())) {
			path.push(next());
		}

		return path.length === 0
			? base
			: (scope, piped) => {
				let value = base(scope, []);
				for (const [step, {text, position}] of path.entries()) {
					const name = text.slice(1);
					if (scope.strict && value === scope.strict && !Object.hasOwn(scope.strict, name)) {
						throw templateError(`there is no field .${name}`, position, `there are ${Object.keys(scope.strict).map(key => `.${key}`).join(' ')}`);
					}

					value = member(value, name);
					if (typeof value === 'function') {
						value = (value as (...values: readonly unknown[]) => unknown)(...(step === path.length - 1 ? piped : []));
					}
				}

				return value;
			};
	};

	const operand = (): Expression => {
		const token = next();
		if (token.kind === 'value') {
			return () => token.value;
		}

		if (token.kind === 'field') {
			index--;
			return fieldsAfter(({dot}) => dot, true);
		}

		if (token.kind === 'symbol' && token.text === '.') {
			return ({dot}) => dot;
		}

		if (token.kind === 'variable') {
			return fieldsAfter(({variables}) => variableIn(variables, token).value);
		}

		if (token.kind === 'symbol' && token.text === '(') {
			const inner = pipeline();
			if (!isAt('symbol', ')')) {
				throw templateError('( without )', token.position);
			}

			index++;
			return fieldsAfter(scope => inner(scope, []));
		}

		if (token.kind === 'word') {
			const called = Object.hasOwn(functions, token.text) ? functions[token.text] : undefined;
			if (!called) {
				throw templateError(`there is no function ${token.text}`, token.position);
			}

			return (_, values) => called(...values);
		}

		throw templateError(token.kind === 'close' ? 'missing value' : `unexpected "${token.text}"`, token.position);
	};

	const isOperand = () => isAt('value') || isAt('field') || isAt('variable') || isAt('word') || isAt('symbol', '.') || isAt('symbol', '(');

	const command = (): Expression => {
		if (!peek()) {
			throw templateError('unexpected end', end());
		}

		const first = operand();
		const values: Expression[] = [];
		while (isOperand()) {
			values.push(operand());
		}

		return (scope, piped) => first(scope, [...values.map(value => value(scope, [])), ...piped]);
	};

	const pipeline = (): Expression => {
		const first = command();
		const rest: Expression[] = [];
		while (isAt('symbol', '|')) {
			index++;
			rest.push(command());
		}

		return (scope, piped) => {
			let value = first(scope, piped);
			for (const step of rest) {
				value = step(scope, [value]);
			}

			return value;
		};
	};

	/** An optional `$a, $b :=`; in an action also `$a =`. */
	const declaration = (operator: ':=' | '=' = ':='): readonly string[] => {
		const start = index;
		const names: string[] = [];
		while (isAt('variable')) {
			names.push(next().text);
			if (isAt('symbol', ',')) {
				index++;
			}
		}

		if (names.length > 0 && isAt('symbol', operator)) {
			index++;
			return names;
		}

		index = start;
		return [];
	};

	const branch = (opened: Token): Node => {
		const names = declaration();
		const condition = pipeline();
		expectClose();
		const {body, ending} = block(opened);
		let otherwise: Node = () => '';
		if (ending === 'end') {
			expectClose();
		} else if (isAt('word', 'if') || isAt('word', 'with')) {
			otherwise = branch(next());
		} else {
			expectClose();
			const last = block(opened);
			if (last.ending !== 'end') {
				throw templateError(`{{${opened.text}}} with a second {{else}}`, opened.position);
			}

			expectClose();
			otherwise = last.body;
		}

		const enter = (scope: Scope, dot: unknown, values: readonly unknown[]) => {
			const variables = scope.variables.inner();
			for (const [at, name] of names.entries()) {
				variables.declare(name, values[at]);
			}

			return body({...scope, dot, variables});
		};

		return scope => {
			const value = condition(scope, []);
			if (!isTrue(value)) {
				return otherwise({...scope, variables: scope.variables.inner()});
			}

			if (opened.text !== 'range') {
				return enter(scope, opened.text === 'with' ? value : scope.dot, [value]);
			}

			const entries = Array.isArray(value)
				? value.entries().toArray()
				: Object.entries(value as Record<string, unknown>).toSorted(([a], [b]) => a < b ? -1 : 1);
			return entries.map(([key, item]) => enter(scope, item, names.length === 1 ? [item] : [key, item])).join('');
		};
	};

	/** A pipeline whose value is printed, or given to a variable. */
	const action = (): Node => {
		const position = peek()?.position ?? end();
		const [declared] = declaration();
		const [assigned] = declared === undefined ? declaration('=') : [];
		const value = pipeline();
		expectClose();
		const name = declared ?? assigned;
		if (name === undefined) {
			return scope => show(value(scope, []));
		}

		return scope => {
			const given = value(scope, []);
			if (declared === undefined) {
				variableIn(scope.variables, {text: name, position}).value = given;
			} else {
				scope.variables.declare(name, given);
			}

			return '';
		};
	};

	const block = (opened?: Token): {readonly body: Node; readonly ending: string} => {
		const nodes: Node[] = [];
		const body: Node = scope => nodes.map(node => node(scope)).join('');
		while (index < tokens.length) {
			const token = next();
			if (token.kind === 'text') {
				nodes.push(() => token.text);
			} else if (isAt('word', 'end') || isAt('word', 'else')) {
				if (!opened) {
					throw templateError(`{{${peek()!.text}}} without {{if}}, {{range}} or {{with}}`, token.position);
				}

				return {body, ending: next().text};
			} else if (isAt('word', 'if') || isAt('word', 'range') || isAt('word', 'with')) {
				nodes.push(branch(next()));
			} else {
				nodes.push(action());
			}
		}

		if (opened) {
			throw templateError(`{{${opened.text}}} without {{end}}`, opened.position);
		}

		return {body, ending: ''};
	};

	const {body} = block();
	return (data, {strict = false} = {}) => {
		try {
			const variables = createVariables();
			variables.declare('$', data);
			return body({dot: data, variables, strict: strict ? data : undefined});
		} catch (error) {
			throw error instanceof HolmError ? error : new HolmError('invalid', `template: ${messageOf(error)}`, {cause: error});
		}
	};
};
