import {HolmError} from '../../engine/errors.js';
import {defineCommand, print, printError} from '../command.js';
import {ask} from '../terminal/prompt.js';
import {readInput} from '../../terminal/streams.js';
import {keepCredentials} from './credentials.js';
import {hub, keyOf} from './reference.js';

export const command = defineCommand({
	usage: '[REGISTRY]',
	flags: {
		username: {
			type: 'string', shortFlag: 'u', value: 'NAME', description: 'User name',
		},
		password: {
			type: 'string', shortFlag: 'p', value: 'PASSWORD', description: 'Password; insecure, prefer --password-stdin',
		},
		passwordStdin: {type: 'boolean', description: 'Read the password from standard input'},
	},
	async run(context, {username: givenName, password: givenPassword, passwordStdin}, [registry = '']) {
		if (passwordStdin && (givenPassword !== undefined || givenName === undefined)) {
			throw new HolmError('invalid', '--password-stdin needs --username and no --password', {remedy: 'holm login -u NAME --password-stdin < FILE'});
		}

		if (givenPassword !== undefined) {
			printError(context, 'WARNING! Using --password on the command line is insecure. Use --password-stdin.');
		}

		const canAsk = context.stdin.isTTY === true;
		if (!canAsk && (givenName === undefined || (givenPassword === undefined && !passwordStdin))) {
			throw new HolmError('invalid', 'there is no terminal to ask for a user name and password on', {remedy: 'use -u NAME --password-stdin'});
		}

		const username = givenName ?? await ask(context, 'Username: ');
		const readPassword = async () => passwordStdin ? readInput(context) : ask(context, 'Password: ', {hidden: true});
		const typed = givenPassword ?? await readPassword();
		const password = typed.replace(/\r?\n$/v, '');
		if (password === '' || username.trim() === '') {
			throw new HolmError('invalid', 'a user name and a password are needed', {remedy: 'use -u NAME and --password-stdin'});
		}

		const key = keyOf(registry);
		const credentials = {username: username.trim(), password, ...(key !== hub && {server: key})};
		const engine = await context.engine();
		await engine.checkCredentials(credentials);
		await keepCredentials(credentials, context.environment);
		print(context, 'Login Succeeded');
	},
});
