import {HolmError} from '../../../engine/errors.js';
import type {Context} from '../context.js';
import type {Offsets} from '../follow.js';
import {busyMark, keeperCommand} from '../keeper.js';
import type {Item} from '../listing.js';
import {directoryOf, type StoredState} from '../records.js';
import type {Execution} from '../transport.js';

/** The first line that the keeper writes: the sizes of the output before this run; undefined if there is another keeper. */
const readSizes = async ({stdout}: Execution): Promise<Offsets | undefined> => {
	let text = '';
	for await (const chunk of stdout.iterator({destroyOnReturn: false})) {
		text += String(chunk);
		if (text.includes('\n')) {
			break;
		}
	}

	stdout.resume();
	if (text.trim() === busyMark) {
		return undefined;
	}

	const [out = 0, errors = 0] = text.trim().split(' ').map(Number);
	return {stdout: out, stderr: errors};
};

/** The shell that keeps one run of a container. */
export type Keeper = {
	/** Where the output of this run begins. */
	readonly from: Offsets;
	/** Resolves when the run is over, or has not begun. */
	readonly ended: Promise<unknown>;
	readonly hasEnded: () => boolean;
	/** Lets this process end while the keeper goes on. */
	readonly release: () => void;
};

/** Starts a container in a keeper, which writes the state first. Throws `not-modified` if it has one. */
export const launchKeeper = async (context: Context, item: Item, state: StoredState): Promise<Keeper> => {
	const program = await context.program();
	const {openStdin, terminal} = item.container.configuration;
	const execution = await program.transport.execute(keeperCommand(program, {
		directory: directoryOf(program, item.id),
		state: JSON.stringify(state),
		appleName: item.apple.id,
		hasInput: openStdin,
		hasTerminal: terminal,
	}));
	execution.stdin.end();
	execution.stderr.resume();
	const from = await readSizes(execution);
	if (!from) {
		execution.release();
		throw new HolmError('not-modified', `container ${item.name} is being started by another process`);
	}

	let isOver = false;
	const wait = async () => {
		await execution.ended;
		isOver = true;
	};

	const ended = wait();
	// The connection to it may be lost before anybody waits.
	ended.catch(() => undefined);
	return {
		from,
		ended,
		hasEnded: () => isOver,
		release() {
			execution.release();
		},
	};
};
