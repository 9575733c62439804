import type {Readable} from 'node:stream';
import {tarEntries} from '../../../archive/tar-entries.js';
import {HolmError} from '../../../engine/errors.js';
import type {Context} from '../context.js';
import type {Item} from '../listing.js';
import {outputOf} from '../spool.js';
import type {Entry, Opened} from './opened.js';
import {missing, partsOf} from './paths.js';

/** Names without the `./` that keeps tar from taking them for options. */
const plainName = (name: string): string => /^\.\/./v.test(name) ? name.slice(2) : name;

const tarWords = ({apple}: Item, given: string, isShort: boolean): readonly string[] => {
	const {directory, name} = partsOf(given);
	return ['exec', apple.id, 'tar', '-cf', '-', ...isShort ? ['--no-recursion'] : [], '-C', directory, name === '.' ? '.' : `./${name}`];
};

/** What the container's own tar packs. */
async function * renamed(tar: Readable, isContent: boolean): AsyncGenerator<Entry, void> {
	for await (const entry of tarEntries(tar)) {
		const {header} = entry;
		const name = isContent ? header.name : plainName(header.name);
		yield {
			header: {...header, name, linkname: header.type === 'link' && !isContent ? plainName(header.linkname ?? '') : header.linkname},
			content: entry,
		};
	}
}

/** Reads a path of a running container by its own tar. */
export const openRunning = async (context: Context, item: Item, given: string, isShort: boolean): Promise<Opened> => {
	const entries = renamed(await outputOf(await context.program(), tarWords(item, given, isShort)), partsOf(given).name === '.');
	let first;
	try {
		first = await entries.next();
	} catch (error) {
		// Only Apple's program itself has other failures than those of tar.
		throw error instanceof HolmError && ['unavailable', 'conflict'].includes(error.code) ? error : missing(item, given, error);
	}

	if (first.done) {
		throw missing(item, given);
	}

	const {value} = first;
	async function * all() {
		yield value;
		yield * entries;
	}

	return {first: value.header, entries: all()};
};
