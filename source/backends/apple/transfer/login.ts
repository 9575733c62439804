import type {Progress} from '../../../engine/resources.js';
import type {RegistryCredentials} from '../../../engine/transfer.js';
import {registryOf} from '../../../rules/images/reference.js';
import type {Context} from '../context.js';

const login = async (context: Context, {username, password, server}: RegistryCredentials): Promise<void> => {
	const program = await context.program();
	await program.run(['registry', 'login', '-u', username, '--password-stdin', registryOf(server)], {input: Buffer.from(`${password}\n`)});
};

const logout = async (context: Context, {server}: RegistryCredentials): Promise<void> => {
	const program = await context.program();
	await program.attempt(['registry', 'logout', registryOf(server)]);
};

/** Whether the user has logged in to a registry, whose login must stay. */
const isLoggedIn = async (context: Context, {server}: RegistryCredentials): Promise<boolean> => {
	const program = await context.program();
	const {stdout, exitCode} = await program.attempt(['registry', 'list', '--format', 'json']);
	return exitCode === 0 && stdout.toString().replaceAll(String.raw`\/`, '/').includes(`"${registryOf(server)}"`);
};

/** Tries credentials. A login that was there before stays. */
export const tryLogin = async (context: Context, credentials: RegistryCredentials): Promise<void> => {
	const isKnown = await isLoggedIn(context, credentials);
	await login(context, credentials);
	if (!isKnown) {
		await logout(context, credentials);
	}
};

/** Runs an action with a login, which is removed afterwards. */
export async function * withLogin(
	context: Context,
	credentials: RegistryCredentials | undefined,
	action: () => AsyncIterable<Progress>,
): AsyncGenerator<Progress, void> {
	const isOwn = credentials !== undefined && !await isLoggedIn(context, credentials);
	if (isOwn) {
		await login(context, credentials);
	}

	try {
		yield * action();
	} finally {
		if (isOwn) {
			await logout(context, credentials);
		}
	}
}
