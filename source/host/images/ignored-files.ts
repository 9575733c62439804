import {
	readdir,
	readFile,
	rm,
	rmdir,
} from 'node:fs/promises';
import path from 'node:path';
import {parseIgnore, type Ignore} from '../../archive/dockerignore.js';

/** Removes what is ignored below a directory of the context. An ignored directory stays if something in it is included. */
const removeIgnored = async (root: string, ignore: Ignore, recipe: string, directory = ''): Promise<void> => {
	for (const child of await readdir(path.join(root, directory), {withFileTypes: true})) {
		const name = directory === '' ? child.name : `${directory}/${child.name}`;
		const place = path.join(root, name);
		const isIgnored = ignore.ignores(name);
		if (child.isDirectory() && (!isIgnored || ignore.mayInclude(name) || recipe.startsWith(`${name}/`))) {
			await removeIgnored(root, ignore, recipe, name);
			if (isIgnored) {
				// It may have kept something.
				await rmdir(place).catch(() => undefined);
			}
		} else if (isIgnored && name !== recipe) {
			await rm(place, {recursive: true});
		}
	}
};

/** A pattern of `.dockerignore` that matches only this path. */
const literalPattern = (file: string): string => `/${file.replaceAll(/[*?\[\\]/gv, String.raw`\$&`)}\n`;

/**
Removes the files of a context that its list of ignored files names. `recipe` is the Dockerfile's path within the context.

Resolves with a list for buildah, which reads the patterns in other ways than Docker: at most the Dockerfile, which it needs but does not copy if it is ignored.
*/
export const applyIgnoreFile = async (context: string, recipe: string, list: string | undefined): Promise<string> => {
	if (list === undefined) {
		return '';
	}

	const ignore = parseIgnore(await readFile(list, 'utf8'));
	await removeIgnored(context, ignore, recipe);
	return ignore.ignores(recipe) ? literalPattern(recipe) : '';
};
