import {glob, readFile} from 'node:fs/promises';

const withoutComments = (text: string): string => text.split('\n').filter(line => !line.startsWith('#')).join('\n');

/** Deb822 paragraphs of sources.list(5) whose suites are of that release. */
const paragraphsOf = (text: string, release: string): readonly string[] => withoutComments(text)
	.split(/\n\s*\n/v)
	.map(paragraph => paragraph.trim())
	.filter(paragraph => paragraph !== '' && new RegExp(String.raw`^Suites:.*\b${release}\b`, 'imv').test(paragraph));

const linesOf = (text: string, release: string): readonly string[] => withoutComments(text)
	.split('\n')
	.map(line => line.trim())
	.filter(line => new RegExp(String.raw`^deb\s+(?:\[[^\]]*\]\s+)?\S+\s+${release}(?:\s|[\-\/])`, 'v').test(line));

export type SourceFile = {readonly name: string; readonly text: string};

/** The sources of packages of another release, from the mirrors that these files name for the host's own: one text in each of apt's two formats. */
export const sourcesOf = (files: readonly SourceFile[], from: string, to: string): readonly SourceFile[] => {
	const inRelease = (text: string) => text.replaceAll(new RegExp(String.raw`\b${from}\b`, 'gv'), () => to);
	const paragraphs = files.filter(({name}) => name.endsWith('.sources')).flatMap(({text}) => paragraphsOf(text, from));
	const lines = files.filter(({name}) => name.endsWith('.list')).flatMap(({text}) => linesOf(text, from));
	return [
		{name: 'release.sources', text: inRelease(paragraphs.join('\n\n'))},
		{name: 'release.list', text: inRelease(lines.join('\n'))},
	].filter(({text}) => text !== '').map(({name, text}) => ({name, text: `${text}\n`}));
};

/** The sources of this host's apt, with the name of its release. */
export const readSources = async (): Promise<readonly SourceFile[]> => {
	const names = await Array.fromAsync(glob(['/etc/apt/sources.list', '/etc/apt/sources.list.d/*.list', '/etc/apt/sources.list.d/*.sources']));
	return Promise.all(names.toSorted().map(async name => ({name, text: await readFile(name, 'utf8')})));
};
