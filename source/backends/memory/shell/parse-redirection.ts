import {requireWord, skip} from './scan.js';
import type {Source} from './source.js';
import type {Redirection} from './syntax.js';

/** The redirection that begins here; undefined when none does. */
export const parseRedirection = (source: Source): Redirection | undefined => {
	const match = /(?<descriptor>\d?)(?<operator><<-?|>>|>&|<&|&>|>\||<|>)(?!\()/vy;
	match.lastIndex = source.position;
	const groups = match.exec(source.text)?.groups;
	if (!groups) {
		return undefined;
	}

	const {operator = '', descriptor = ''} = groups;
	source.position = match.lastIndex;
	const isText = operator === '<<' && source.text[source.position] === '<';
	if (isText) {
		source.position++;
	}

	skip(source);
	const word = requireWord(source);
	const number = descriptor === '' ? (operator.startsWith('<') ? 0 : 1) : Number(descriptor);
	if (isText) {
		return {descriptor: number, operator: '<<<', word};
	}

	if (operator.startsWith('<<')) {
		const redirection = {descriptor: number, operator: 'here-document' as const, word};
		source.pending.push({
			delimiter: word.map(part => part.type === 'text' ? part.text : '').join(''), isQuoted: word.some(part => 'quoted' in part && part.quoted), stripsTabs: operator === '<<-', redirection,
		});
		return redirection;
	}

	switch (operator) {
		case '>|': {
			return {descriptor: number, operator: '>', word};
		}

		case '<&': {
			return {descriptor: number, operator: '>&', word};
		}

		case '&>': {
			return {descriptor: -1, operator: '>', word};
		}

		default: {
			return {descriptor: number, operator: operator as '<' | '>' | '>>' | '>&', word};
		}
	}
};

/** All that follow. */
export const parseRedirections = (source: Source): readonly Redirection[] => {
	const redirections: Redirection[] = [];
	for (;;) {
		skip(source);
		const redirection = parseRedirection(source);
		if (!redirection) {
			return redirections;
		}

		redirections.push(redirection);
	}
};
