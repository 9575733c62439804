import {printError, type Context} from '../command.js';

/** Milliseconds before a wait is explained. */
const quietMs = 1500;

/** Waits for work; on a terminal, prints the reason if it takes long. */
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
