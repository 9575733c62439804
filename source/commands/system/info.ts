import {defineCommand, print, printError} from '../command.js';
import {escapeControls} from '../../text/escape.js';
import {compileTemplate} from '../print/go-template.js';
import {binarySize} from '../../text/sizes.js';

export const command = defineCommand({
	usage: '',
	flags: {
		format: {
			type: 'string', shortFlag: 'f', value: 'TEMPLATE', description: '"json" or a Go template such as {{.Containers}}',
		},
	},
	async run(context, {format}) {
		const render = format === undefined || format === 'json' ? undefined : compileTemplate(format);
		const engine = await context.engine();
		const info = await engine.info();
		if (format !== undefined) {
			const fields = {
				ID: info.id, Name: info.name, Containers: info.containers, ContainersRunning: info.running, ContainersPaused: info.paused,
				ContainersStopped: info.stopped,
				Images: info.images,
				NCPU: info.cpus,
				MemTotal: info.memoryBytes,
				OperatingSystem: info.operatingSystem,
				KernelVersion: info.kernel, Architecture: info.architecture, DockerRootDir: info.root, Accelerator: info.accelerator ?? '', Warnings: info.warnings,
			};
			print(context, render ? render(fields, {strict: true}) : JSON.stringify(fields));
			return;
		}

		const lines: ReadonlyArray<readonly [string, string | number | undefined]> = [
			['Containers', info.containers],
			[' Running', info.running],
			[' Paused', info.paused],
			[' Stopped', info.stopped],
			['Images', info.images],
			['Accelerator', info.accelerator],
			['CPUs', info.cpus],
			['Total Memory', binarySize(info.memoryBytes)],
			['Operating System', info.operatingSystem],
			['Kernel Version', info.kernel],
			['Architecture', info.architecture],
			['Name', info.name],
			['ID', info.id],
			['Root Dir', info.root],
		];
		for (const [name, value] of lines) {
			if (value !== undefined) {
				print(context, `${name}: ${escapeControls(String(value))}`);
			}
		}

		for (const warning of info.warnings) {
			printError(context, `WARNING: ${escapeControls(warning)}`);
		}
	},
});
