import {
	comes,
	expect,
	isAt,
	nextReserved,
	requireWord,
	reservedThatComes,
	skip,
} from './scan.js';
import {unexpected, type Source} from './source.js';
import {
	literalOf,
	type Compound,
	type Script,
	type Word,
} from './syntax.js';

const parseIf = (source: Source): Compound => {
	const branches: Array<{readonly condition: Script; readonly body: Script}> = [];
	let word: string | undefined = 'if';
	while (word === 'if' || word === 'elif') {
		const condition = source.grammar.parseList(source);
		expect(source, 'then');
		branches.push({condition, body: source.grammar.parseList(source)});
		skip(source, {lines: true});
		word = nextReserved(source);
		source.position += word?.length ?? 0;
	}

	const otherwise = word === 'else' ? source.grammar.parseList(source) : undefined;
	if (word === 'else') {
		expect(source, 'fi');
	} else if (word !== 'fi') {
		unexpected(source);
	}

	return {type: 'if', branches, ...otherwise && {otherwise}};
};

const parseBody = (source: Source): Script => {
	expect(source, 'do');
	const body = source.grammar.parseList(source);
	expect(source, 'done');
	return body;
};

const parseFor = (source: Source): Compound => {
	skip(source);
	const name = literalOf(requireWord(source)) ?? unexpected(source);
	skip(source, {lines: true});
	let words: Word[] | undefined;
	if (nextReserved(source) === 'in') {
		source.position += 2;
		words = [];
		while (!comes(source, /[\n;]|$/v)) {
			words.push(requireWord(source));
		}
	}

	skip(source);
	if (isAt(source, ';')) {
		source.position++;
	}

	return {
		type: 'for', name, body: parseBody(source), ...words && {words},
	};
};

const parseCase = (source: Source): Compound => {
	skip(source);
	const word = requireWord(source);
	expect(source, 'in');
	const items: Array<{readonly patterns: readonly Word[]; readonly body: Script}> = [];
	while (reservedThatComes(source) !== 'esac') {
		if (isAt(source, '(')) {
			source.position++;
		}

		const patterns: Word[] = [];
		do {
			skip(source);
			patterns.push(requireWord(source));
			skip(source);
		} while (isAt(source, '|') && ++source.position);

		if (!isAt(source, ')')) {
			unexpected(source);
		}

		source.position++;
		items.push({patterns, body: source.grammar.parseList(source)});
		skip(source, {lines: true});
		if (isAt(source, ';;')) {
			source.position += 2;
		}
	}

	source.position += 'esac'.length;
	return {type: 'case', word, items};
};

/** The compound command that begins here; undefined when none does. */
export const parseCompound = (source: Source): Compound | undefined => {
	if (isAt(source, '(')) {
		source.position++;
		return {type: 'group', subshell: true, body: source.grammar.parseScript(source, ')')};
	}

	const word = nextReserved(source) ?? '';
	switch (word) {
		case 'if': {
			source.position += 2;
			return parseIf(source);
		}

		case 'while':
		case 'until': {
			source.position += 5;
			const condition = source.grammar.parseList(source);
			return {
				type: 'loop', until: word === 'until', condition, body: parseBody(source),
			};
		}

		case 'for': {
			source.position += 3;
			return parseFor(source);
		}

		case 'case': {
			source.position += 4;
			return parseCase(source);
		}

		case '{': {
			source.position++;
			const body = source.grammar.parseList(source);
			expect(source, '}');
			return {type: 'group', subshell: false, body};
		}

		default: {
			return undefined;
		}
	}
};
