import test from 'ava';
import {command as build} from '../../source/commands/image/build.js';
import {command as create} from '../../source/commands/container/create.js';
import {command as run} from '../../source/commands/container/run.js';
import {command as update} from '../../source/commands/container/update.js';
import {command as networkCreation} from '../../source/commands/network/create.js';
import {command as volumeCreation} from '../../source/commands/volume/create.js';
import type {Command} from '../../source/commands/command.js';
import type {HolmError} from '../../source/engine/errors.js';
import {kebabCase, splitArguments} from '../../source/flags/split-arguments.js';

const ofCreate = `
	add-host annotation attach blkio-weight blkio-weight-device cap-add cap-drop cgroup-parent cgroupns cidfile cpu-count cpu-percent cpu-period cpu-quota cpu-rt-period
	cpu-rt-runtime cpu-shares cpus cpuset-cpus cpuset-mems device device-cgroup-rule device-read-bps device-read-iops device-write-bps device-write-iops
	disable-content-trust dns dns-option dns-search domainname entrypoint env env-file expose gpus group-add health-cmd health-interval health-retries health-start-interval
	health-start-period health-timeout hostname init interactive io-maxbandwidth io-maxiops ip ip6 ipc isolation kernel-memory label label-file link link-local-ip log-driver
	log-opt mac-address memory memory-reservation memory-swap memory-swappiness mount name network network-alias no-healthcheck oom-kill-disable oom-score-adj pid pids-limit
	platform privileged publish publish-all pull quiet read-only restart rm runtime security-opt shm-size stop-signal stop-timeout storage-opt sysctl tmpfs tty ulimit
	use-api-socket user userns uts volume volume-driver volumes-from workdir
`;

/** The flags of Docker 28's commands, as their help lists them. */
const flags: ReadonlyArray<readonly [name: string, command: Command, flags: string]> = [
	['create', create, ofCreate],
	['run', run, `${ofCreate} detach detach-keys sig-proxy`],
	['update', update, 'blkio-weight cpu-period cpu-quota cpu-rt-period cpu-rt-runtime cpu-shares cpus cpuset-cpus cpuset-mems memory memory-reservation memory-swap pids-limit restart'],
	['network create', networkCreation, 'attachable aux-address config-from config-only driver gateway ingress internal ip-range ipam-driver ipam-opt ipv4 ipv6 label opt scope subnet'],
	['volume create', volumeCreation, 'availability driver group label limit-bytes required-bytes scope secret sharing topology-preferred topology-required type'],
	['build', build, `
		add-host build-arg cache-from cgroup-parent compress cpu-period cpu-quota cpu-shares cpuset-cpus cpuset-mems disable-content-trust file force-rm iidfile isolation label
		memory memory-swap network no-cache platform pull quiet rm security-opt shm-size squash tag target ulimit
		allow attest build-context builder cache-to load metadata-file no-cache-filter output progress provenance push sbom secret ssh
	`],
];

for (const [name, command, list] of flags) {
	test(`each flag of docker ${name} is known, or refused with a remedy`, t => {
		const known = new Set(Object.keys(command.flags).map(key => kebabCase(key)));
		const refused = list.split(/\s+/v).filter(flag => flag !== '' && !known.has(flag));
		for (const flag of refused) {
			const {code, remedy} = t.throws<HolmError>(() => {
				splitArguments([`--${flag}=x`], command.flags, {name, refused: command.refused});
			});
			t.is(code, 'unsupported', flag);
			t.regex(remedy!, /./v, flag);
		}
	});
}
