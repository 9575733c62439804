import {
	hint,
	honoured,
	honouredExcept,
	isGiven,
	nested,
	refused,
	type FieldRule,
	type FieldTable,
} from './rule.js';

const onDisk = 'the machine\'s disk is a file of the host, whose devices have no place in it';
const realTime = refused('a machine\'s processors are threads of the host without real-time scheduling', 'use NanoCpus or CpuShares');
const forWindows = refused('it is for Windows', 'use NanoCpus for processors, and leave out limits of input and output');
const throttle = refused(onDisk, 'leave it out');

/** Values of MemorySwappiness that cannot disappoint: none given, and no swapping. */
const isSwapping = (value: unknown) => typeof value === 'number' && value > 0;

/** Docker's `Resources`: limits that `POST /containers/create` and `/update` share. */
export const limitFields: FieldTable = {
	CpuShares: honoured('weight in the machine\'s control group'),
	Memory: honoured('memory of the machine, which has 128 MiB at least; less is a limit of its control group'),
	NanoCpus: honoured('the machine has that many processors, rounded up; its control group limits it to the fraction'),
	CpuPeriod: honoured('as NanoCpus, together with CpuQuota'),
	CpuQuota: honoured('as NanoCpus'),
	CpusetCpus: honoured('processors of the machine, which gets as many as the highest number requires'),
	CpusetMems: honouredExcept('other than `0`', value => typeof value === 'string' && value !== '' && value !== '0', 'a machine has one memory node', 'give 0, or leave it out'),
	MemoryReservation: honoured('protected memory in the machine\'s control group'),
	MemorySwap: honoured('a machine has no swap, so only memory counts; more than Memory yields a warning'),
	PidsLimit: honoured(),
	CgroupParent: refused('a machine is not in a control group of the caller\'s', 'limit the machine with NanoCpus and Memory'),
	BlkioWeight: hint(onDisk),
	BlkioWeightDevice: hint(onDisk),
	BlkioDeviceReadBps: throttle,
	BlkioDeviceWriteBps: throttle,
	BlkioDeviceReadIOps: throttle,
	BlkioDeviceWriteIOps: throttle,
	CpuRealtimePeriod: realTime,
	CpuRealtimeRuntime: realTime,
	KernelMemory: hint('Docker has dropped it, too'),
	KernelMemoryTCP: hint('Docker has dropped it, too'),
	MemorySwappiness: hint('a machine has no swap', isSwapping),
	OomKillDisable: hint('control groups of version 2 do not have it'),
	CpuCount: forWindows,
	CpuPercent: forWindows,
	IOMaximumIOps: forWindows,
	IOMaximumBandwidth: forWindows,
};

const ownDevices = 'devices of the host have no place in a machine';
const privileged = 'Privileged gives the container the devices of its machine';

/** The rest of Docker's `Resources`, for `POST /containers/create`. */
export const deviceFields: FieldTable = {
	Devices: refused(ownDevices, privileged),
	DeviceCgroupRules: refused(ownDevices, privileged),
	DeviceRequests: refused(ownDevices, 'leave it out'),
	Init: honoured(),
	Ulimits: nested('list', {Name: honoured(), Soft: honoured(), Hard: honoured()}),
};

const later = (what: string) => refused(`${what} of a container cannot be changed`, 'make another container');

/** A restart policy, of creations and updates. */
export const restartPolicy = (reason = ''): FieldRule => nested('object', {Name: honoured(), MaximumRetryCount: honoured()}, reason);

/** The body of `POST /containers/{name}/update`. */
export const updateFields: FieldTable = {
	...limitFields,
	...Object.fromEntries(['Devices', 'DeviceCgroupRules', 'DeviceRequests'].map(name => [name, refused(ownDevices, 'leave it out', isGiven)])),
	Init: later('the init'),
	Ulimits: later('the resource limits'),
	RestartPolicy: restartPolicy('applies at once, as the limits do: a running container gets at most what its machine has, and is refused more until it is stopped'),
};
