import {Buffer} from 'node:buffer';
import {PassThrough, Writable} from 'node:stream';
import {HolmError} from '../../engine/errors.js';
import type {Session, SessionsVerbs, TerminalSize} from '../../engine/sessions.js';
import {checkSize} from '../../rules/containers/terminal-size.js';
import {held, liveOf, publishOf, type Context} from './context.js';
import {drained, follow} from './follow.js';
import {complaintStream, endInput} from './keeper.js';
import {readItem, type Item} from './listing.js';
import {openSession} from './open-session.js';
import {resizing} from './pseudo-terminal.js';
import {directoryOf} from './records.js';
import {adoptRun} from './runs/adopt.js';
import type {Execution} from './transport.js';

const prepareScript = 'umask 077; mkdir -p "$1" && cd "$1" || exit 1; : >>stdout; : >>stderr; wc -c <stdout; wc -c <stderr';

/** The input of a container: what is written before its start waits for it. */
const inputOf = (context: Context, item: Item, isEnded: () => boolean, onLeave: () => void): Writable => {
	const live = liveOf(context, item.id);
	let pipe: Promise<Execution | undefined> | undefined;
	const open = async (): Promise<Execution | undefined> => {
		while (!live.run && !isEnded()) {
			await live.changed.wait();
		}

		const program = await context.program();
		const execution = live.run && await program.transport.execute([
			'/bin/sh',
			'-c',
			'[ -p "$1/in" ] && exec cat >"$1/in"',
			'sh',
			directoryOf(program, item.id),
		]);
		execution?.release();
		return execution;
	};

	const stdin = new Writable({
		async write(chunk: Uint8Array, _encoding, done) {
			pipe ??= open();
			const execution = await pipe.catch(() => undefined);
			if (execution?.stdin.writable && !execution.stdin.write(chunk)) {
				await drained(execution.stdin);
			}

			done();
		},
		async final(done) {
			pipe ??= open();
			const execution = await pipe.catch(() => undefined);
			execution?.stdin.end();
			await execution?.ended.catch(() => undefined);
			if (!item.container.configuration.keepStdin) {
				const program = await context.program();
				await endInput(program, directoryOf(program, item.id)).catch(() => undefined);
			}

			done();
		},
		destroy(error, done) {
			if (!stdin.writableFinished) {
				onLeave();
				void pipe?.then(execution => {
					execution?.stdin.end();
				}, () => undefined);
			}

			done(error);
		},
	});
	stdin.on('error', () => undefined);
	return stdin;
};

/** Whether output begins as what Apple's program says of a failed start. */
const isComplaint = (bytes: Uint8Array): boolean => Buffer.from(bytes.subarray(0, 7)).toString() === 'Error: ';

const attach = async (
	context: Context,
	item: Item,
	{stdin: wantsInput, logs}: {readonly stdin: boolean; readonly logs: boolean},
): Promise<Session> => {
	const program = await context.program();
	const directory = directoryOf(program, item.id);
	const {terminal, openStdin} = item.container.configuration;
	const {stdout: sizes} = await program.shell(prepareScript, [directory]);
	const [out = 0, errors = 0] = sizes.toString().trim().split(/\s+/v).map(Number);
	const live = liveOf(context, item.id);
	const {exits} = live;
	const [stdout, stderr] = [new PassThrough(), new PassThrough()];
	const end = {isOver: false};
	const hasBegun = () => live.run !== undefined || live.exits !== exits;
	const following = await follow(program, {
		directory,
		from: logs ? {stdout: 0, stderr: 0} : {stdout: out, stderr: errors},
		async onBytes(stream, bytes) {
			if (!logs && stream === complaintStream(item.container.configuration) && isComplaint(bytes)) {
				while (!hasBegun()) {
					if (end.isOver || live.isRemoved || live.lost) {
						// The start has failed, and tells it.
						return;
					}

					await live.changed.wait();
				}
			}

			const target = stream === 'stderr' && !terminal ? stderr : stdout;
			if (!end.isOver && !target.destroyed && !target.write(bytes)) {
				await drained(target);
			}
		},
	});
	live.finishers.add(following.finish);
	const leave = () => {
		end.isOver = true;
		live.finishers.delete(following.finish);
		following.close();
		live.changed.notify();
		stdout.end();
		stderr.end();
	};

	const wait = async () => {
		while (!end.isOver && !live.isRemoved && live.exits === exits && !live.lost) {
			await live.changed.wait();
		}

		if (live.lost) {
			end.isOver = true;
			following.close();
			stdout.destroy(live.lost);
			stderr.destroy(live.lost);
			stdin.destroy();
		}

		if (!end.isOver) {
			await following.finish();
			live.finishers.delete(following.finish);
			end.isOver = true;
			stdout.end();
			stderr.end();
			stdin.destroy();
		}
	};

	const stdin = wantsInput && openStdin
		? inputOf(context, item, () => end.isOver || live.isRemoved, leave)
		: new Writable({
			write(_chunk, _encoding, done) {
				done();
			},
		});
	if (terminal) {
		stderr.end();
	}

	// Without a listener, an error must not crash the process.
	stdout.on('error', () => undefined);
	stderr.on('error', () => undefined);
	void held(wait);
	return openSession({terminal, stdin, stdout, stderr}, leave);
};

export const sessionsVerbs = (context: Context): SessionsVerbs => ({
	async attachContainer(reference, {stdin = false, logs = false} = {}) {
		const item = await readItem(context, reference);
		await adoptRun(context, item);
		const session = await attach(context, item, {stdin, logs});
		publishOf(context, item, 'attach');
		return session;
	},
	async resizeContainer(reference, size) {
		checkSize(size);
		const item = await readItem(context, reference);
		if (item.container.status.state !== 'running') {
			throw new HolmError('conflict', `container ${item.id} is not running`, {remedy: `holm start ${item.name}`});
		}

		const program = await context.program();
		const [stty = '', ...words] = resizing('$TTY', size, program.flavour);
		await program.shell(
			`[ -s "$1/tty" ] || exit 0; t=$(cat "$1/tty"); shift; ${stty} ${words.map(word => word === '$TTY' ? '"$t"' : word).join(' ')}`,
			[directoryOf(program, item.id)],
		);
		publishOf(context, item, 'resize', {height: String(size.rows), width: String(size.columns)});
	},
});
