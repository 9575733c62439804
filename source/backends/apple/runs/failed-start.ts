import {HolmError} from '../../../engine/errors.js';
import type {Context} from '../context.js';
import {errorLine, failureOf} from '../failures.js';
import type {Offsets} from '../follow.js';
import type {Item} from '../listing.js';
import {complaintStream} from '../keeper.js';
import {directoryOf, writeRecord} from '../records.js';

/** Cuts the program's own complaint about a failed start from the container's output, and throws it. */
export const throwFailure = async (context: Context, item: Item, from: Offsets, exitCode: number): Promise<void> => {
	const program = await context.program();
	const directory = directoryOf(program, item.id);
	const stream = complaintStream(item.container.configuration);
	const offset = from[stream];
	const {stdout} = await program.shell('tail -c "+$2" "$1/$3"', [directory, String(offset + 1), stream]);
	const stderr = stdout.toString();
	if ((exitCode !== 1 && exitCode !== 64) || !/^Error: /mv.test(stderr)) {
		return;
	}

	await program.shell('dd if=/dev/null of="$1/$3" bs=1 seek="$2" 2>/dev/null; rm -f "$1/exit"', [directory, String(offset), stream]);
	await writeRecord(program, item.id, item.stored.state);
	const failure = failureOf({argv: ['start', item.apple.id], exitCode, stderr, where: program.transport.name});
	const [port] = item.container.configuration.ports;
	if (failure.message === 'port is already allocated' && port) {
		throw new HolmError(
			failure.code,
			`Bind for ${port.hostAddress || '0.0.0.0'}:${port.hostPort} failed: port is already allocated`,
			{remedy: failure.remedy, cause: failure},
		);
	}

	throw new HolmError(failure.code, failure.code === 'command-not-found' || failure.code === 'not-executable'
		? `exec: "${item.container.process.arguments[0]}": ${failure.message}`
		: errorLine(failure.message), {remedy: failure.remedy, cause: failure});
};
