import {apiVersion, minimumApiVersion} from '../../engine/api-version.js';
import {HolmError} from '../../engine/errors.js';
import type {SystemVerbs} from '../../engine/system.js';
import {sizesOf} from './containers.js';
import type {Context} from './context.js';
import {decodeStatus} from './decode/system.js';
import {serviceFailure} from './failures.js';
import {readImages} from './image-listing.js';
import {readItems} from './listing.js';
import {derivedId} from './notes.js';
import {readVolumes, usersOf, volumeSizes} from './volumes.js';

const hostScript = 'sysctl -n hw.ncpu hw.memsize 2>/dev/null || { getconf _NPROCESSORS_ONLN; echo $(($(getconf _PHYS_PAGES) * $(getconf PAGE_SIZE))); }; hostname; sw_vers -productVersion 2>/dev/null || uname -r; uname -m';

export const systemVerbs = (context: Context): SystemVerbs => ({
	async version() {
		const {version, architecture} = await context.program();
		return {
			name: 'Apple container', version, apiVersion, minimumApiVersion, os: 'linux', architecture, kernel: '',
		};
	},
	async info() {
		const program = await context.program();
		const {stdout} = await program.attempt(['system', 'status', '--format', 'json']);
		let document: unknown;
		try {
			document = JSON.parse(stdout.toString());
		} catch {
			throw new HolmError(
				'internal',
				`container system status on ${program.transport.name} printed what is not JSON`,
				{remedy: 'check its version'},
			);
		}

		const {isRunning, root} = decodeStatus(document);
		if (!isRunning) {
			throw serviceFailure(program.transport.name);
		}

		const [host, items, images] = await Promise.all([program.shell(hostScript, []), readItems(context), readImages(context)]);
		const [cpus = '1', memory = '0', name = '', system = '', machine = ''] = host.stdout.toString().split('\n');
		const {client, server} = program.commits;
		const states = items.map(({container}) => container.status.state);
		const count = (...words: readonly string[]) => states.filter(state => words.includes(state)).length;
		return {
			id: derivedId('engine', name, root),
			name,
			root,
			containers: states.length,
			running: count('running', 'restarting'),
			paused: 0,
			stopped: count('created', 'exited'),
			images: images.length,
			cpus: Number(cpus) || 1,
			memoryBytes: Number(memory) || 0,
			operatingSystem: program.system === 'Darwin' ? `macOS ${system}` : system,
			kernel: '',
			architecture: machine,
			accelerator: 'hvf',
			warnings: server !== undefined && server !== client ? ['The service is of another version than the program: container system stop, then container system start'] : [],
		};
	},
	async diskUsage() {
		const [items, images, volumes] = await Promise.all([readItems(context), readImages(context), readVolumes(context)]);
		const [sizes, bytesOf] = await Promise.all([sizesOf(context, items), volumeSizes(context, volumes)]);
		return {
			images: images.map(({image}) => ({image, containers: items.filter(({container}) => container.imageId === image.id).length})),
			containers: items.map(({container, apple}) => ({container, bytes: sizes.get(apple.id) ?? 0})),
			volumes: volumes.map(volume => ({volume, bytes: bytesOf.get(volume.name) ?? 0, containers: usersOf(items, volume.name).length})),
			cacheBytes: 0,
		};
	},
});
