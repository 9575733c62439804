import {printError, type Context} from '../command.js';

/** A wait that is longer than this wants a word. */
const quietMs = 1500;

/** Waits for work and, in a terminal, says what is being waited for once it takes long. */
export const withPatience = async <Result>(context: Context, explanation: string, work: Promise<Result>): Promise<Result> => {
	if (context.stderr.isTTY !== true) {
		return work;
	}

	const timer = setTimeout(() => {
		printError(context, explanation);
	}, quietMs);
	try {
		return await work;
	} finally {
		clearTimeout(timer);
	}
};
