import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {setTimeout as sleep} from 'node:timers/promises';

/** Starts a server that `stack` stops; resolves once `isReady` resolves with true. */
export const startProgram = async (
	stack: AsyncDisposableStack,
	file: string,
	arguments_: readonly string[],
	isReady: () => Promise<boolean>,
): Promise<number> => {
	const child = spawn(file, arguments_, {stdio: ['ignore', 'ignore', 'pipe']});
	let errors = '';
	child.stderr.setEncoding('utf8').on('data', (text: string) => {
		errors = `${errors}${text}`.slice(-1000);
	});
	const ended = once(child, 'close');
	stack.defer(async () => {
		child.kill('SIGKILL');
		await ended;
	});
	await once(child, 'spawn');
	for (let attempt = 0; attempt < 100; attempt++) {
		if (await isReady()) {
			return child.pid!;
		}

		if (child.exitCode !== null) {
			break;
		}

		await sleep(50);
	}

	throw new Error(`${file} does not serve: ${errors.trim().split('\n').at(-1) ?? ''}`);
};
