import {packageVersion} from '../../wire/package-version.js';
import {defineCommand, print} from '../command.js';
import {escapeControlsInLines} from '../../text/escape.js';
import {compileTemplate} from '../print/go-template.js';

const section = (title: string, fields: Readonly<Record<string, string>>): string =>
	[`${title}:`, ...Object.entries(fields).map(([name, value]) => ` ${`${name}:`.padEnd(15)}${value}`)].join('\n');

export const command = defineCommand({
	usage: '',
	flags: {
		format: {
			type: 'string', shortFlag: 'f', value: 'TEMPLATE', description: '"json" or a Go template such as {{.Server.Version}}',
		},
	},
	async run(context, {format}) {
		const client = {
			Version: packageVersion(), NodeVersion: process.versions.node, Os: process.platform, Arch: process.arch,
		};
		const render = format === undefined || format === 'json' ? undefined : compileTemplate(format);
		const answer = await (async () => {
			try {
				const engine = await context.engine();
				return {version: await engine.version()};
			} catch (error) {
				return {error};
			}
		})();
		const {version} = answer;
		const server = version && {
			Name: version.name,
			Version: version.version,
			ApiVersion: version.apiVersion,
			MinAPIVersion: version.minimumApiVersion,
			Os: version.os,
			Arch: version.architecture,
			KernelVersion: version.kernel,
		};
		if (format === undefined) {
			print(context, section('Client', {Version: client.Version, Node: client.NodeVersion, 'OS/Arch': `${client.Os}/${client.Arch}`}));
		} else {
			print(context, render ? render({Client: client, Server: server}) : JSON.stringify({Client: client, Server: server}));
		}

		if (!version) {
			// The client's version is printed even if the engine does not respond; the command still fails.
			throw answer.error;
		}

		if (format === undefined) {
			print(context, escapeControlsInLines(section('Server', {
				Engine: version.name,
				Version: version.version,
				'API version': `${version.apiVersion} (minimum ${version.minimumApiVersion})`,
				'OS/Arch': `${version.os}/${version.architecture}`,
				Kernel: version.kernel,
			})));
		}
	},
});
