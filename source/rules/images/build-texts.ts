import type {Progress} from '../../engine/resources.js';
import {familiarName} from './reference.js';

/** The last steps of a build, as Docker's classic builder ends: clients find the id and the names by these words, in the last line. `tags` are complete names. */
export const conclusionOf = (imageId: string, tags: readonly string[]): readonly Progress[] => [
	{imageId},
	{text: `Successfully built ${imageId.replace(/^sha256:/v, '').slice(0, 12)}\n`},
	...tags.map(tag => ({text: `Successfully tagged ${familiarName(tag)}\n`})),
];

/** The words of an instruction in JSON, such as `["program", "argument"]`; undefined for other text. */
export const execForm = (text: string): readonly string[] | undefined => {
	try {
		const words = JSON.parse(text) as unknown;
		return Array.isArray(words) && words.every(word => typeof word === 'string') ? words : undefined;
	} catch {
		return undefined;
	}
};

/** The first instruction of a Dockerfile that has a here-document, and its line; undefined if there is none. */
export const hereDocumentIn = (recipe: string): {readonly line: number; readonly text: string} | undefined => {
	const lines = recipe.split(/\r?\n/v);
	for (const [index, text] of lines.entries()) {
		const begun = /^\s*(?:run|copy|add)\s(?:.*\s)?\d*<<(?<dash>-?)(?<quote>["']?)(?<end>\w[\w.\-]*)\k<quote>/iv.exec(text)?.groups;
		// Without its end it is something else, such as an operator in another language.
		if (begun && lines.slice(index + 1).some(line => (begun.dash === '' ? line : line.replace(/^\t+/v, '')) === begun.end)) {
			return {line: index + 1, text: text.trim()};
		}
	}

	return undefined;
};

/** The reason of a failed `RUN`, in Docker's words. `text` is the instruction without its name, `shell` that of the last `SHELL`. */
export const failedCommand = (text: string, exitCode: number, shell: readonly string[] = ['/bin/sh', '-c']): string => {
	const command = text.replace(/^(?:--\S+\s+)*/v, '');
	return `The command '${(execForm(command) ?? [...shell, command]).join(' ')}' returned a non-zero code: ${exitCode}`;
};
