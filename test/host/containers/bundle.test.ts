import test from 'ava';
import {
	bundleOf,
	limitsOf,
	type GuestMount,
	type ociProcess,
} from '../../../source/host/containers/bundle.js';
import type {ContainerConfiguration} from '../../../source/engine/resources.js';
import {configuration} from '../../engine/resources.js';

type OciMount = {readonly destination: string; readonly type: string; readonly source: string; readonly options: readonly string[]};
type Bundle = {
	readonly process: ReturnType<typeof ociProcess>;
	readonly root: {readonly readonly: boolean};
	readonly mounts: readonly OciMount[];
	readonly linux: {
		readonly namespaces: ReadonlyArray<{readonly type: string}>;
		readonly maskedPaths?: readonly string[];
		readonly readonlyPaths?: readonly string[];
		readonly resources: {
			readonly devices: ReadonlyArray<{readonly allow: boolean; readonly major?: number}>;
			readonly memory?: {readonly limit?: number; readonly reservation?: number};
		};
	};
};

const bundle = (given: Partial<ContainerConfiguration> = {}, mounts: readonly GuestMount[] = [], uid = 0) => bundleOf({
	configuration: configuration({image: 'box', ...given}),
	hostname: 'islet',
	process: {arguments: ['sh', '-c', 'true'], environment: ['PATH=/bin'], workingDirectory: '/data'},
	user: {uid, gid: 7, additionalGids: [7, 8]},
	mounts,
}) as unknown as Bundle;

test('the process, its user and its rights', t => {
	const {process} = bundle();
	t.like(process, {terminal: false, args: ['sh', '-c', 'true'], cwd: '/data', env: ['HOSTNAME=islet', 'PATH=/bin']});
	t.deepEqual({...process.user}, {uid: 0, gid: 7, additionalGids: [7, 8], umask: 0o022});
	t.deepEqual(process.capabilities.effective, process.capabilities.bounding);
	t.deepEqual(process.capabilities.inheritable, []);
	const other = bundle({capabilitiesToAdd: ['NET_ADMIN']}, [], 1000).process.capabilities;
	t.deepEqual([other.effective, other.permitted, other.ambient], [[], [], []], 'users other than root have none');
	t.true(other.bounding.includes('CAP_NET_ADMIN'), 'but may get them by a file');
});

test('an init comes first, and a terminal has a kind', t => {
	t.deepEqual(bundle({init: true}).process.args, ['/dev/.holm/init', '--', 'sh', '-c', 'true']);
	t.true(bundle({terminal: true}).process.env.includes('TERM=xterm'));
	t.false(bundle().process.env.includes('TERM=xterm'));
});

test('the control group limits the memory of a container that may have less than its machine needs', t => {
	const mebibyte = 1024 ** 2;
	t.deepEqual(bundle({memory: 6 * mebibyte}).linux.resources.memory, {limit: 6 * mebibyte});
	const both = {memory: 64 * mebibyte, memoryReservation: mebibyte};
	t.deepEqual(bundle(both).linux.resources.memory, {limit: 64 * mebibyte, reservation: mebibyte});
	t.deepEqual(bundle({memoryReservation: mebibyte}).linux.resources.memory, {reservation: mebibyte});
	for (const memory of [undefined, 128 * mebibyte, 512 * mebibyte]) {
		t.is(bundle({memory}).linux.resources.memory, undefined);
	}
});

test('limits: those given, over the standard one of open files', t => {
	t.deepEqual(limitsOf([]), [{type: 'RLIMIT_NOFILE', soft: 1024, hard: 524_288}]);
	t.deepEqual(limitsOf([{name: 'NOFILE', soft: 5, hard: 6}]), [{type: 'RLIMIT_NOFILE', soft: 5, hard: 6}]);
	const [, core] = limitsOf([{name: 'core', soft: -1, hard: -1}]);
	t.is(JSON.stringify(core), '{"type":"RLIMIT_CORE","soft":18446744073709551615,"hard":18446744073709551615}');
	t.throws(() => limitsOf([{name: 'wings', soft: 1, hard: 1}]), {message: 'invalid ulimit "wings"'});
});

test('mounts: paths of the guest and file systems in memory, none hiding another', t => {
	const mounts: readonly GuestMount[] = [
		{source: '/shares/0', target: '/x/inner', readOnly: true},
		{tmpfs: ['size=1m', 'exec'], target: '/scratch', readOnly: false},
		{source: '/shares/1', target: '/x', readOnly: false},
		{source: '/shares/2', target: '/etc', readOnly: false},
	];
	const all = bundle({}, mounts).mounts;
	const at = (destination: string) => all.findIndex(mount => mount.destination === destination);
	t.like(all[at('/x/inner')], {type: 'bind', source: '/shares/0', options: ['rbind', 'rprivate', 'ro']});
	t.like(all[at('/x')], {type: 'bind', source: '/shares/1', options: ['rbind', 'rprivate', 'rw']});
	t.like(all[at('/etc')], {source: '/shares/2'});
	t.deepEqual(all[at('/scratch')]?.options, ['nosuid', 'nodev', 'size=1m', 'exec']);
	t.true(at('/x') < at('/x/inner'));
	t.true(at('/etc') < at('/etc/resolv.conf') && at('/etc') < at('/etc/hosts'));
	t.true(at('/proc') < at('/etc'), 'those of the system come before all others');
	const own = bundle({}, [{source: '/shares/0', target: '/etc/hosts', readOnly: true}]).mounts.filter(({destination}) => destination === '/etc/hosts');
	t.deepEqual(own.map(({source}) => source), ['/run/holm/files/hosts', '/shares/0'], 'a file of the user\'s own lies on top');
});

test('what is closed to a container, and open to a privileged one', t => {
	const closed = bundle({readOnlyRoot: true});
	t.true(closed.root.readonly);
	t.true(closed.linux.readonlyPaths!.includes('/proc/sysrq-trigger') && closed.linux.maskedPaths!.includes('/proc/kcore'));
	t.deepEqual(closed.linux.resources.devices[0], {allow: false, access: 'rwm'} as never);
	t.true(closed.mounts.find(({destination}) => destination === '/sys')!.options.includes('ro'));
	t.false(closed.linux.namespaces.some(({type}) => type === 'network'), 'the guest\'s network is the container\'s');
	const open = bundle({privileged: true});
	t.is(open.linux.readonlyPaths, undefined);
	t.deepEqual(open.linux.resources.devices, [{allow: true, access: 'rwm'}] as never);
	t.true(open.mounts.find(({destination}) => destination === '/sys')!.options.includes('rw'));
});
