import {readFile} from 'node:fs/promises';
import path from 'node:path';
import type {SocketAddress, TlsOptions} from '../../backends/docker/address.js';
import {HolmError, messageOf} from '../../errors.js';
import {defineCommand, print, printError} from '../command.js';
import {escapeControls} from '../print/escape.js';

const readSecret = async (flag: string, file: string, directory: string): Promise<string> => {
	try {
		return await readFile(path.resolve(directory, file), 'utf8');
	} catch (error) {
		throw new HolmError('invalid', `cannot read ${file} for ${flag}: ${messageOf(error)}`, {remedy: 'name a file in PEM', cause: error});
	}
};

export const command = defineCommand({
	summary: 'Start the engine\'s daemon',
	usage: '',
	flags: {
		host: {
			type: 'string', isMultiple: true, value: 'ADDRESS', description: 'Listen here too: unix:///path, or tcp://127.0.0.1:2375',
		},
		tlsCa: {type: 'string', value: 'FILE', description: 'Authority that signs the clients of every tcp:// address'},
		tlsCert: {type: 'string', value: 'FILE', description: 'Certificate of every tcp:// address'},
		tlsKey: {type: 'string', value: 'FILE', description: 'Key of that certificate'},
	},
	async run(context, {host, tlsCa, tlsCert, tlsKey}) {
		const [{startDaemon}, {parseAddress}, {assertSafe}] = await Promise.all([
			import('../../backends/daemon.js'), import('../../backends/docker/address.js'), import('../../api/listeners.js'),
		]);
		const read = async (flag: string, file: string | undefined) => file === undefined ? undefined : readSecret(flag, file, context.workingDirectory);
		const [ca, cert, key] = await Promise.all([read('--tls-ca', tlsCa), read('--tls-cert', tlsCert), read('--tls-key', tlsKey)]);
		const tls: TlsOptions | undefined = ca ?? cert ?? key ? {ca, cert, key} : undefined;
		const addresses = host.map((text): SocketAddress => {
			const address = parseAddress(text);
			if (address.kind === 'ssh') {
				throw new HolmError('invalid', `the engine cannot listen on ${text}`, {remedy: 'an engine is reached by SSH without being told'});
			}

			const secured = address.kind === 'tcp' && tls ? {...address, tls} : address;
			assertSafe(secured);
			return secured;
		});
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
