import type {Progress} from '../../engine/resources.js';
import {familiarName} from './reference.js';

/** The last steps of a build, as Docker's classic builder ends: clients find the id and the names by these words, in the last line. `tags` are complete names. */
export const conclusionOf = (imageId: string, tags: readonly string[]): readonly Progress[] => [
	{imageId},
	{text: `Successfully built ${imageId.replace(/^sha256:/v, '').slice(0, 12)}\n`},
	...tags.map(tag => ({text: `Successfully tagged ${familiarName(tag)}\n`})),
];

/**
A build whose end is that of Docker's classic builder. `taken` resolves when the image is there.

@yields Its steps, and in place of the last one, which has the id, the conclusion.
*/
export async function * concluded(
	steps: AsyncIterable<Progress>,
	tags: readonly string[],
	taken: () => Promise<void> = async () => undefined,
): AsyncGenerator<Progress, void> {
	for await (const step of steps) {
		if (step.imageId === undefined) {
			yield step;
		} else {
			await taken();
			yield * conclusionOf(step.imageId, tags);
		}
	}
}

/** The words of an instruction in JSON, such as `["program", "argument"]`; undefined for other text. */
export const execForm = (text: string): readonly string[] | undefined => {
	try {
		const words = JSON.parse(text) as unknown;
		return Array.isArray(words) && words.every(word => typeof word === 'string') ? words : undefined;
	} catch {
		return undefined;
	}
};

/** The reason of a failed `RUN`, in Docker's words. `text` is the instruction without its name, `shell` that of the last `SHELL`. */
export const failedCommand = (text: string, exitCode: number, shell: readonly string[] = ['/bin/sh', '-c']): string => {
	const command = text.replace(/^(?:--\S+\s+)*/v, '');
	return `The command '${(execForm(command) ?? [...shell, command]).join(' ')}' returned a non-zero code: ${exitCode}`;
};
