import {defaultNetwork} from '../../engine/networks.js';
import type {Container} from '../../engine/resources.js';
import {linkedNamesOf} from '../../rules/networks/linked-names.js';
import {membersOf} from '../../rules/networks/attachments.js';
import type {Context} from './context.js';
import type {Item} from './listing.js';
import type {Program} from './program.js';
import {directoryOf} from './records.js';

/** A directory with one file, because Apple shares the whole directory of a file that is mounted. */
export const hostsDirectory = (program: Pick<Program, 'home'>, id: string): string => `${directoryOf(program, id)}/hosts`;

const hostNames = 'host.container.internal host.docker.internal';

/** The `/etc/hosts` of a container: its own names, the host's, and those of the running containers on its networks. `default` has no names, as in Docker. */
export const hostsFile = (container: Container, running: readonly Container[]): string => {
	const {attachments, configuration: {hostname, extraHosts}, name, id} = container;
	const own = attachments[0]?.address || '127.0.1.1';
	const gateway = attachments.find(({gateway}) => gateway !== '')?.gateway;
	const membersOn = (network: {readonly networkId: string; readonly network: string}) =>
		membersOf({id: network.networkId, name: network.network}, running.filter(other => other.id !== id));
	const others = attachments.filter(({network}) => network !== defaultNetwork).flatMap(attachment => membersOn(attachment));
	const linked = linkedNamesOf(container, attachment => membersOn(attachment));
	return [
		'127.0.0.1\tlocalhost',
		`${own}\t${[...new Set([hostname, name, id.slice(0, 12), ...attachments.flatMap(({aliases}) => aliases)].filter(Boolean))].join(' ')}`,
		...extraHosts.map(host => {
			const address = host.slice(host.indexOf(':') + 1);
			return `${address === 'host-gateway' ? gateway ?? '127.0.0.1' : address}\t${host.slice(0, host.indexOf(':'))}`;
		}),
		...gateway === undefined ? [] : [`${gateway}\t${hostNames}`],
		...linked.map(({name: alias, value}) => `${value}\t${alias}`),
		...others.filter(({address}) => address !== '').map(({address, names}) => `${address}\t${[...new Set(names)].join(' ')}`),
	].map(line => `${line}\n`).join('');
};

/** In place: the mount holds the file, not its name. */
const writeScript = 'cd "$1" || exit 1; shift; while [ $# -gt 1 ]; do [ -d "$1/hosts" ] || mkdir -p "$1/hosts"; printf \'%s\' "$2" >"$1/hosts/hosts"; shift 2; done';

/** What each file has, as far as this process wrote it. */
const written = new WeakMap<Context, Map<string, string>>();

/** Writes the hosts files of containers, where they have changed. */
export const writeHosts = async (context: Context, files: ReadonlyMap<string, string>): Promise<void> => {
	const known = written.get(context) ?? new Map<string, string>();
	written.set(context, known);
	const changed = [...files].filter(([id, text]) => known.get(id) !== text);
	if (changed.length > 0) {
		const program = await context.program();
		await program.shell(`mkdir -p "$1"; ${writeScript}`, [directoryOf(program, ''), ...changed.flat()]);
		for (const [id, text] of changed) {
			known.set(id, text);
		}
	}
};

const hasFile = ({
	notes,
	container: {attachments},
}: Item): boolean => notes !== undefined && attachments.some(({network}) => network !== defaultNetwork);

/** Writes the hosts file of a container that is about to start, so that its process finds the others from the first; its own address comes with the start. */
export const prepareHosts = async (context: Context, item: Item, items: readonly Item[]): Promise<void> => {
	if (hasFile(item)) {
		const running = items.filter(({container}) => container.status.state === 'running').map(({container}) => container);
		await writeHosts(context, new Map([[item.id, hostsFile(item.container, running)]]));
	}
};

/** Brings the hosts files of all running containers up to date. */
export const refreshHosts = async (context: Context, items: readonly Item[]): Promise<void> => {
	const running = items.filter(({container}) => container.status.state === 'running');
	const containers = running.map(({container}) => container);
	await writeHosts(
		context,
		new Map(running.filter(item => hasFile(item)).map(({id, container}) => [id, hostsFile(container, containers)])),
	);
};
