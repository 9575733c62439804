import {stripVTControlCharacters} from 'node:util';

export type Failures = {
	/** The failed files, without duplicates, in the order of the report. */
	readonly files: readonly string[];
	/** Lines of the report with a failure but no file. */
	readonly unexplained: readonly string[];
};

/** Headings above lines with the files. */
const headings = new Set(['✘ Timed out while running tests', '✘ Exiting due to SIGINT']);

/** A test file's path without the common prefix and suffix. */
export const shortName = (file: string): string => file.replace(/^dist\/test\//v, '').replace(/\.test\.js$/v, '');

const titlePrefix = (file: string): string => `${shortName(file).replaceAll('/', ' › ')} › `;

/**
The failed files, parsed from the output of ava's reporter, because ava has no other list.

`files` are those that ran, as paths from the directory of the project, more than one of them: for a single one ava leaves out whose test it is.
*/
export const failedFiles = (report: string, files: readonly string[]): Failures => {
	const byPrefix = files.map(file => [titlePrefix(file), file] as const).toSorted(([one], [other]) => other.length - one.length);
	const failed = new Set<string>();
	const unexplained: string[] = [];
	for (const line of stripVTControlCharacters(report).split('\n').map(text => text.trim())) {
		const title = /^✘ \[(?:fail|unexpected pass)\]: (?<title>.+)$/v.exec(line)?.groups?.title;
		const place = /^(?:✘|Uncaught exception in|Unhandled rejection in|\d+ tests were pending in|Failed to exit when running) ?.*?(?<file>dist\/\S+\.test\.js)/v.exec(line)?.groups?.file;
		const file = title === undefined ? place : byPrefix.find(([prefix]) => title.startsWith(prefix))?.[1];
		if (file !== undefined) {
			failed.add(file);
		} else if (line.startsWith('✘') && !headings.has(line)) {
			unexplained.push(line);
		}
	}

	return {files: [...failed], unexplained};
};
