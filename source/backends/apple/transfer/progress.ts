import {HolmError} from '../../../engine/errors.js';
import type {Progress} from '../../../engine/resources.js';
import type {Context} from '../context.js';
import {failureOf, plainText} from '../failures.js';

/** Runs Apple's program; the lines of its standard error are the progress. */
export async function * progressOf(context: Context, argv: readonly string[], signal?: AbortSignal): AsyncGenerator<Progress, void> {
	const program = await context.program();
	if (signal?.aborted) {
		throw new HolmError('unavailable', `container ${argv.slice(0, 2).join(' ')} was cancelled`, {cause: signal.reason});
	}

	const execution = await program.transport.execute([program.path, ...argv]);
	execution.stdin.end();
	execution.stdout.resume();
	const onAbort = () => {
		execution.signal('SIGKILL');
	};

	signal?.addEventListener('abort', onAbort, {once: true});
	let all = '';
	let rest = '';
	try {
		for await (const chunk of execution.stderr) {
			all = (all + String(chunk)).slice(-64 * 1024);
			const lines = plainText(rest + String(chunk)).split('\n');
			rest = lines.pop()!;
			yield * lines.filter(line => line.trim() !== '' && !line.startsWith('Error: ')).map(line => ({status: line.trim().slice(0, 500)}));
		}

		const {exitCode = 137} = await execution.ended;
		if (signal?.aborted) {
			throw new HolmError('unavailable', `container ${argv.slice(0, 2).join(' ')} was cancelled`, {cause: signal.reason});
		}

		if (exitCode !== 0) {
			throw failureOf({argv, exitCode, stderr: all, where: program.transport.name});
		}
	} finally {
		signal?.removeEventListener('abort', onAbort);
		execution.signal('SIGKILL');
	}
}
