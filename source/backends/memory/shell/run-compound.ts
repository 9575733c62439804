import type {Expander} from './expand.js';
import {
	copyShell,
	ShellExit,
	type Descriptors,
	type Shell,
} from './shell-state.js';
import type {Command, Script} from './syntax.js';
import {asTask, checkStopped, withoutEnd} from './tasks.js';

/** One turn after another until one says no, a `break`, or the end of the shell. */
const runLoop = async (shell: Shell, turn: () => Promise<boolean>): Promise<number> => {
	shell.status = 0;
	for (let count = 1; ; count++) {
		if (count % 1000 === 0) {
			// A loop that only computes would leave nobody else a turn.
			await shell.invocation.host.sleep(0, shell.invocation.signal);
		}

		try {
			checkStopped(shell);
			if (!await turn()) {
				return shell.status;
			}
		} catch (error) {
			if (!(error instanceof ShellExit) || (error.kind !== 'break' && error.kind !== 'continue')) {
				throw error;
			}

			if (error.value > 1) {
				throw new ShellExit(error.kind, error.value - 1);
			}

			if (error.kind === 'break') {
				return 0;
			}
		}
	}
};

/** What a compound command needs of the shell around it. */
export type Surroundings = Expander & {
	readonly runScript: (shell: Shell, script: Script, files: Descriptors) => Promise<number>;
	/** As `runScript`, for what may fail. */
	readonly runCondition: (shell: Shell, script: Script, files: Descriptors) => Promise<number>;
};

/** Runs loops, conditions, groups and definitions; resolves with the status. */
export const runCompound = async (shell: Shell, command: Exclude<Command, {type: 'simple'}>, files: Descriptors, {runScript, runCondition, textOf, wordsOf, patternOf}: Surroundings): Promise<number> => {
	switch (command.type) {
		case 'if': {
			for (const {condition, body} of command.branches) {
				if (await runCondition(shell, condition, files) === 0) {
					return runScript(shell, body, files);
				}
			}

			shell.status = 0;
			return command.otherwise ? runScript(shell, command.otherwise, files) : 0;
		}

		case 'loop': {
			let last = 0;
			await runLoop(shell, async () => {
				if ((await runCondition(shell, command.condition, files) === 0) === command.until) {
					return false;
				}

				last = await runScript(shell, command.body, files);
				return true;
			});
			return last;
		}

		case 'for': {
			const values: string[] = [];
			for (const word of command.words ?? []) {
				values.push(...await wordsOf(shell, word));
			}

			const items = command.words ? values : shell.positional.slice(1);
			return runLoop(shell, async () => {
				const value = items.shift();
				if (value === undefined) {
					return false;
				}

				shell.variables.set(command.name, value);
				await runScript(shell, command.body, files);
				return true;
			});
		}

		case 'case': {
			const text = await textOf(shell, command.word);
			for (const {patterns, body} of command.items) {
				for (const pattern of patterns) {
					const matches = await patternOf(shell, pattern);
					if (matches(text)) {
						return runScript(shell, body, files);
					}
				}
			}

			return 0;
		}

		case 'function': {
			shell.functions.set(command.name, command.body);
			return 0;
		}

		case 'group': {
			if (!command.subshell) {
				return runScript(shell, command.body, files);
			}

			try {
				return await asTask(shell, async () => runScript(copyShell(shell), command.body, files));
			} catch (error) {
				return withoutEnd(error);
			}
		}
	}
};
