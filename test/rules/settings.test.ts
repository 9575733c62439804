import test from 'ava';
import {securityOf} from '../../source/engine/security-options.js';
import {cpuLimitOf, machineCpusOf, parseCpuset} from '../../source/rules/containers/cpus.js';
import {parseLink} from '../../source/rules/containers/links.js';
import {logLimitsOf} from '../../source/rules/containers/logging.js';
import {seccompOf} from '../../source/rules/containers/seccomp.js';
import {limitsCommand} from '../../source/rules/containers/live-limits.js';
import {updatedConfiguration} from '../../source/rules/containers/update-container.js';
import {withVolumesFrom} from '../../source/rules/containers/volumes-from.js';
import {mtuOf} from '../../source/rules/networks/mtu.js';
import {configuration, container} from '../engine/resources.js';

test('a machine has whole CPUs, and as many as the cpuset names', t => {
	t.deepEqual([...parseCpuset('0-2,4')!], [0, 1, 2, 4]);
	t.is(parseCpuset('a'), undefined);
	t.is(parseCpuset('0,'), undefined);
	t.is(cpuLimitOf({}), undefined);
	t.is(cpuLimitOf({cpuQuota: 150_000}), 1.5);
	t.is(cpuLimitOf({cpuQuota: 25_000, cpuPeriod: 50_000}), 0.5);
	t.is(machineCpusOf({}), 1);
	t.is(machineCpusOf({cpus: 0.5}), 1);
	t.is(machineCpusOf({cpus: 1.5}), 2);
	t.is(machineCpusOf({cpus: 1, cpusetCpus: '2'}), 3);
});

test('security options, also in the older form with a colon', t => {
	t.deepEqual(securityOf(), {noNewPrivileges: false});
	t.true(securityOf(['no-new-privileges']).noNewPrivileges);
	t.true(securityOf(['no-new-privileges:true']).noNewPrivileges);
	t.false(securityOf(['no-new-privileges=false']).noNewPrivileges);
	t.deepEqual(securityOf(['seccomp:unconfined', 'apparmor=unconfined']), {noNewPrivileges: false});
	t.is(securityOf(['seccomp={"a": 1}']).seccomp, '{"a": 1}');
});

test('a seccomp profile keeps the rules whose conditions hold', t => {
	const allow = 'SCMP_ACT_ALLOW';
	const profile = JSON.stringify({
		defaultAction: 'SCMP_ACT_ERRNO',
		defaultErrnoRet: 1,
		archMap: [{architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86']}, {architecture: 'SCMP_ARCH_AARCH64', subArchitectures: ['SCMP_ARCH_ARM']}],
		syscalls: [
			{names: ['read'], action: allow},
			{name: 'write', action: allow, args: [{index: 0, value: 1, op: 'SCMP_CMP_EQ'}]},
			{names: ['mount'], action: allow, includes: {caps: ['CAP_SYS_ADMIN']}},
			{names: ['clone'], action: allow, excludes: {caps: ['CAP_SYS_ADMIN']}},
			{names: ['arm_sync'], action: allow, includes: {arches: ['arm64']}},
			{names: ['ptrace'], action: allow, includes: {minKernel: '4.8'}},
			{names: ['future'], action: allow, includes: {minKernel: '99.0'}},
			{names: [], action: allow},
		],
	});
	t.deepEqual(seccompOf(profile, name => name === 'CAP_SYS_ADMIN'), {
		defaultAction: 'SCMP_ACT_ERRNO',
		defaultErrnoRet: 1,
		architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
		syscalls: [
			{names: ['read'], action: allow},
			{names: ['write'], action: allow, args: [{index: 0, value: 1, op: 'SCMP_CMP_EQ'}]},
			{names: ['mount'], action: allow},
			{names: ['ptrace'], action: allow},
		],
	});
	for (const wrong of ['', '{', '[]', '{}', '{"defaultAction": 1}', '{"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/x"}']) {
		t.throws(() => {
			seccompOf(wrong, () => false);
		}, {code: 'invalid'}, wrong);
	}
});

test('the mounts of other containers come after the own ones, and tmpfs do not come', t => {
	const mounts = {
		one: [{type: 'volume', source: 'a', target: '/a', readOnly: false}, {type: 'tmpfs', target: '/t', readOnly: false, options: []}],
		two: [{type: 'volume', source: 'b', target: '/a', readOnly: false}, {type: 'bind', source: '/srv', target: '/own', readOnly: false}],
	} as const;
	const own = {type: 'volume', source: 'mine', target: '/own/', readOnly: false} as const;
	t.deepEqual(withVolumesFrom({mounts: [own], volumesFrom: ['one', 'two:ro']}, name => ({mounts: mounts[name as 'one']})), [
		own, {type: 'volume', source: 'b', target: '/a', readOnly: true},
	]);
});

test('links, limits of logs, MTU', t => {
	t.deepEqual(parseLink('db'), {container: 'db', alias: 'db'});
	t.deepEqual(parseLink('/db:data'), {container: 'db', alias: 'data'});
	t.throws(() => parseLink('db:'), {code: 'invalid'});
	t.deepEqual(logLimitsOf(), {bytes: 10_000_000, files: 3});
	t.deepEqual(logLimitsOf({driver: 'json-file', options: {'max-size': '2m', 'max-file': '5'}}), {bytes: 2 * 1024 ** 2, files: 5});
	t.is(logLimitsOf({driver: 'json-file', options: {'max-file': '100'}}).files, 100);
	t.throws(() => logLimitsOf({driver: 'json-file', options: {'max-file': '101'}}), {message: /max-file "101"/v});
	t.is(logLimitsOf({driver: 'local', options: {'max-size': '1'}}).bytes, 16_384, 'not a rotation for each line');
	t.is(mtuOf(), undefined);
	t.is(mtuOf({'com.docker.network.driver.mtu': '9000'}), 9000);
	for (const mtu of ['67', '70000', 'x']) {
		t.throws(() => mtuOf({'com.docker.network.driver.mtu': mtu}), {code: 'invalid'});
	}
});

test('an update replaces one form of the CPU limit by the other, and applies to a running container within its machine', t => {
	const before = container({configuration: configuration({cpus: 0.5}), status: {state: 'created'}});
	t.like(updatedConfiguration(before, {cpuQuota: 20_000}), {configuration: {cpuQuota: 20_000, cpus: undefined}, warnings: []});
	const limited = {...before, configuration: configuration({cpuQuota: 20_000})};
	t.like(updatedConfiguration(limited, {cpus: 1}).configuration, {cpus: 1, cpuQuota: undefined});
	const running = container({machine: {accelerator: 'kvm', cpus: 1, memoryBytes: 512 * 1024 ** 2, kernel: '', phases: []}});
	t.like(updatedConfiguration(running, {pidsLimit: 9, cpuShares: 1024}), {limits: [['cpu.weight', '39'], ['pids.max', '9']], warnings: []});
	t.deepEqual(updatedConfiguration(running, {cpus: 0.5, memory: 64 * 1024 ** 2, memoryReservation: 8 * 1024 ** 2}).limits, [
		['cpu.max', '50000 100000'], ['memory.low', '8388608'], ['memory.max', '67108864'],
	]);
	const small = {...running, configuration: configuration({cpus: 0.5, memory: 64 * 1024 ** 2})};
	t.deepEqual(updatedConfiguration(small, {cpus: 1, memory: 512 * 1024 ** 2}).limits, [['cpu.max', 'max 100000'], ['memory.max', 'max']]);
	t.throws(() => updatedConfiguration(small, {memory: 513 * 1024 ** 2}), {code: 'conflict', message: /stop it first to enlarge its machine/v});
	const paused = updatedConfiguration({...running, status: {state: 'paused', pid: 1, startedAt: 0}}, {pidsLimit: 9});
	t.deepEqual([paused.limits, paused.warnings.length], [[], 1]);
	t.true(limitsCommand('/g', [['memory.max', '5'], ['pids.max', '9']]).startsWith('cd /g || exit 1\necho 5 > memory.high'));
	t.deepEqual(updatedConfiguration(running, {restartPolicy: {name: 'always', maximumRetryCount: 0}}).warnings, []);
	t.throws(() => updatedConfiguration(running, {cpusetCpus: '0-3'}), {code: 'conflict'});
});
