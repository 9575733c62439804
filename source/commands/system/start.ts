import {readFile} from 'node:fs/promises';
import path from 'node:path';
import type {Listening} from '../../api/listeners.js';
import type {TlsOptions} from '../../wire/addresses.js';
import {HolmError, messageOf} from '../../engine/errors.js';
import {defineCommand, print, printError} from '../command.js';
import {assertOwnEngine, isAboutApple} from '../own-engine.js';
import {escapeControls} from '../../text/escape.js';

const readSecret = async (flag: string, file: string, directory: string): Promise<string> => {
	try {
		return await readFile(path.resolve(directory, file), 'utf8');
	} catch (error) {
		throw new HolmError('invalid', `cannot read ${file} for ${flag}: ${messageOf(error)}`, {remedy: 'name a file in PEM', cause: error});
	}
};

/** Throws `invalid` for certificates that a TLS server cannot use, naming the flag. */
const assertUsable = async ({ca, cert, key}: TlsOptions): Promise<void> => {
	const {createSecureContext} = await import('node:tls');
	for (const [flags, options] of [['--tls-ca', {ca}], ['--tls-cert', {cert}], ['--tls-cert and --tls-key', {cert, key}]] as const) {
		try {
			createSecureContext(options);
		} catch (error) {
			throw new HolmError('invalid', `the files of ${flags} cannot be used: ${messageOf(error)}`, {remedy: 'name files in PEM; the key is the certificate\'s, and not encrypted', cause: error});
		}
	}
};

export const command = defineCommand({
	usage: '',
	flags: {
		host: {
			type: 'string', isMultiple: true, value: 'ADDRESS', description: 'Further address to listen on: unix:///path, or tcp://0.0.0.0:2376 with the three TLS flags',
		},
		tlsCa: {type: 'string', value: 'FILE', description: 'Certificate authority of clients on tcp:// addresses'},
		tlsCert: {type: 'string', value: 'FILE', description: 'Certificate for tcp:// addresses'},
		tlsKey: {type: 'string', value: 'FILE', description: 'Key of that certificate'},
		insecureTcp: {type: 'boolean', description: 'Allow tcp://127.0.0.1:2375 without TLS, which makes every local user root'},
		allowHost: {
			type: 'string', isMultiple: true, value: 'NAME', description: 'Further host name for clients on tcp:// addresses, beside the address, localhost and those in the certificate',
		},
	},
	async run(context, {host, tlsCa, tlsCert, tlsKey, insecureTcp, allowHost}) {
		const isApple = isAboutApple(context);
		if (!isApple) {
			assertOwnEngine(context, 'started');
		}

		const [{startDaemon}, {parseAddress}, {nameInHost}, {assertSafe, insecurity}] = await Promise.all([
			import('../../daemon/start.js'), import('../../wire/addresses.js'), import('../../api/access.js'), import('../../api/listeners.js'),
		]);
		const read = async (flag: string, file: string | undefined) =>
			file === undefined ? undefined : readSecret(flag, file, context.workingDirectory);
		const [ca, cert, key] = await Promise.all([read('--tls-ca', tlsCa), read('--tls-cert', tlsCert), read('--tls-key', tlsKey)]);
		const tls: TlsOptions | undefined = ca ?? cert ?? key ? {ca, cert, key} : undefined;
		if (tls) {
			await assertUsable(tls);
		}

		const names = allowHost.map(name => {
			const known = nameInHost(name);
			if (known === undefined) {
				throw new HolmError('invalid', `${JSON.stringify(name.slice(0, 200))} is not a host name`, {remedy: 'give --allow-host a name such as lab.example.org'});
			}

			return known;
		});
		const addresses = host.map((text): Listening => {
			const address = parseAddress(text);
			if (address.kind === 'ssh') {
				throw new HolmError('invalid', `the engine cannot listen on ${text}`, {remedy: 'clients reach an engine over SSH without a listener'});
			}

			const secured = address.kind === 'tcp' ? {...address, tls, isInsecure: insecureTcp, names} : address;
			assertSafe(secured);
			return secured;
		});
		const tcp = addresses.filter(({kind}) => kind === 'tcp');
		const idle = insecureTcp ? '--insecure-tcp' : '--allow-host';
		if ((insecureTcp && tls) || (tcp.length === 0 && (insecureTcp || allowHost.length > 0))) {
			throw new HolmError('invalid', `${idle} is for a tcp:// address${insecureTcp ? ' without TLS' : ''}, and none is given`, {remedy: `leave out ${idle}`});
		}

		for (const address of insecureTcp ? tcp : []) {
			printError(context, `WARNING: ${insecurity(address)}`);
		}

		if (isApple) {
			const {start} = await import('./apple/daemon.js');
			await start(context, addresses);
			return;
		}

		await startDaemon({
			root: context.root,
			addresses,
			onStep({step, detail}) {
				printError(context, escapeControls(`${step}: ${detail}`));
			},
		});
		print(context, 'The engine is running.');
	},
});
