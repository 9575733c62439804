import {HolmError} from '../../source/engine/errors.js';
import type {Case, HostKind} from './host.js';

export type Chosen = ReadonlyArray<{readonly kind: HostKind; readonly cases: readonly Case[]}>;

/**
The hosts and their cases that words name: all hosts where no word names one, and likewise all cases.

Throws `invalid` for a word that names neither, and where nothing is left to do.
*/
export const choose = (words: readonly string[], kinds: readonly HostKind[], cases: readonly Case[]): Chosen => {
	const names = (things: ReadonlyArray<{readonly name: string}>) => things.map(({name}) => name);
	const unknown = words.filter(word => !names(kinds).includes(word) && !names(cases).includes(word));
	if (unknown.length > 0) {
		throw new HolmError('invalid', `nothing is called ${unknown.join(', ')}`, {remedy: `hosts: ${names(kinds).join(', ')}; cases: ${names(cases).join(', ')}`});
	}

	const among = <Thing extends {readonly name: string}>(things: readonly Thing[]) => {
		const named = things.filter(({name}) => words.includes(name));
		return named.length > 0 ? named : things;
	};

	const chosen = among(kinds)
		.map(kind => ({kind, cases: among(cases).filter(({hosts}) => hosts?.includes(kind.name) ?? true)}))
		.filter(({cases: ofHost}) => ofHost.length > 0);
	if (chosen.length === 0) {
		throw new HolmError('invalid', `none of the cases is for these hosts: ${words.join(' ')}`, {remedy: 'leave out the host or the case'});
	}

	return chosen;
};
