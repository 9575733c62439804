import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {open, type FileHandle} from 'node:fs/promises';
import {createInterface} from 'node:readline';
import {HolmError} from '../../../engine/errors.js';
import {findCommand} from '../../setup/programs.js';
import {spawned} from '../../spawned.js';
import type {Template} from './template.js';

/** The number of memfd_create by Node's name of the architecture, of Linux's unistd.h. */
const systemCalls: Partial<Record<NodeJS.Architecture, number>> = {x64: 319, arm64: 279};

/**
Copies a file into a file in memory, prints its descriptor, and keeps it until standard input ends. Zeros take no memory. If it is sealed, it cannot be written or resized.

The other numbers are Linux's constants: MFD_CLOEXEC and MFD_ALLOW_SEALING, SEEK_DATA and SEEK_HOLE, F_ADD_SEALS with F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW and F_SEAL_WRITE.
*/
const script = String.raw`
use strict;
my ($source, $name, $call, $uid, $gid, $seals) = @ARGV;
my $number = syscall($call + 0, $name, 3);
die "memfd_create: $!\n" if $number < 0;
open(my $memory, '+<&=', $number) or die "memory: $!\n";
open(my $file, '<', $source) or die "$source: $!\n";
truncate($memory, -s $file) or die "truncate: $!\n";
my $at = 0;
while (defined(my $data = sysseek($file, $at, 3))) {
	$at = $data + 0;
	my $end = sysseek($file, $at, 4) or die "$source: $!\n";
	sysseek($file, $at, 0);
	while ($at < $end) {
		my $left = $end - $at;
		my $count = sysread($file, my $bytes, $left < 16384 ? $left : 16384) or die "$source: $!\n";
		if ($bytes =~ /[^\0]/) {
			sysseek($memory, $at, 0);
			(syswrite($memory, $bytes) // 0) == $count or die "memory: $!\n";
		}
		$at += $count;
	}
}
chown($uid, $gid, $memory) && chmod(0660, $memory) or die "owner: $!\n";
fcntl($memory, 1033, $seals + 0) or die "seal: $!\n";
$| = 1;
print "$number\n";
<STDIN>;
`;

/** Time to copy a few hundred megabytes from the page cache. */
const copyTimeoutMs = 60_000;

/** The seals of fcntl(2): no more of them, no other size, and no writing. */
const [sealSeal, sealSize, sealWrite] = [1, 2 | 4, 8];

type CopyOptions = {
	readonly uid: number;
	/** May read and write it, unless it is sealed. */
	readonly gid: number;
	readonly isSealed: boolean;
	/** Ends the copying. */
	readonly signal?: AbortSignal;
};

/** Resolves with the copy, opened read-only. The kernel frees it when it is closed everywhere. */
const copyIntoMemory = async (ram: string, {uid, gid, isSealed, signal}: CopyOptions): Promise<FileHandle> => {
	const call = systemCalls[process.arch];
	if (call === undefined) {
		throw new HolmError('unsupported', `files in memory are not supported on ${process.arch}`);
	}

	const perl = await findCommand('perl');
	if (perl === undefined) {
		throw new HolmError('unavailable', 'perl is not installed', {remedy: 'holm setup installs it'});
	}

	const child = spawned(spawn(perl, ['-e', script, ram, isSealed ? 'holm-template' : 'holm-machine', String(call), String(uid), String(gid), String(sealSeal | sealSize | (isSealed ? sealWrite : 0))], {env: {}, stdio: 'pipe'}));
	let complaint = '';
	child.stderr.on('data', (chunk: Uint8Array) => {
		complaint = (complaint + Buffer.from(chunk).toString()).slice(0, 1000);
	});
	const ended = once(child, 'close').then(() => undefined);
	child.stdin.on('error', () => undefined);
	try {
		const limit = AbortSignal.timeout(copyTimeoutMs);
		const line = await Promise.race([once(createInterface(child.stdout), 'line', {signal: signal ? AbortSignal.any([signal, limit]) : limit}).then(([number]) => String(number)), ended]);
		if (line === undefined) {
			throw new HolmError('internal', `the memory of a template cannot be copied: ${complaint.trim() || 'perl ended'}`);
		}

		return await open(`/proc/${child.pid}/fd/${Number(line)}`, 'r');
	} finally {
		child.kill('SIGKILL');
	}
};

/** The initial memory of a machine, until it is released. */
export type HeldMemory = {
	/** Path for QEMU: its inherited descriptor 3. */
	readonly path: string;
	readonly descriptor: number;
	readonly release: () => void;
};

/** Path of the first descriptor that a program inherits beside its standard streams. */
const inheritedPath = '/proc/self/fd/3';

/**
A copy of the memory of a template for one machine, which others may map, too: virtiofsd must see what its guest writes.

In a file of a disk, the host's kernel would write the guest's memory to that disk again and again. Throws with perl's error if it cannot be made.
*/
export const ownMemory = async ({ram}: Pick<Template, 'ram'>, owner: Pick<CopyOptions, 'uid' | 'gid' | 'signal'>): Promise<HeldMemory> => {
	const handle = await copyIntoMemory(ram, {...owner, isSealed: false});
	return {
		path: inheritedPath,
		descriptor: handle.fd,
		release() {
			void handle.close();
		},
	};
};

/** How long unused memory is kept, because another machine often follows, such as in a restart. */
const restMs = 60_000;

type Kept = {
	readonly handle: Promise<FileHandle>;
	users: number;
	timer?: NodeJS.Timeout;
};

const kept = new Map<string, Kept>();

/**
The memory of a template for QEMU before 8.2, which must open even a private mapping for writing. It is a sealed file in memory, so that a machine cannot change what others start from. All machines of a template share it.

It uses the host's memory, which cannot be reclaimed like a page cache, so it is kept only while machines use it and for a minute after. Throws with perl's error if it cannot be made.
*/
export const holdMemory = async ({ram, id}: Pick<Template, 'ram' | 'id'>, gid: number): Promise<HeldMemory> => {
	const key = `${ram} ${id}`;
	const held: Kept = kept.get(key) ?? {handle: copyIntoMemory(ram, {uid: 0, gid, isSealed: true}), users: 0};
	kept.set(key, held);
	clearTimeout(held.timer);
	held.users++;
	try {
		const {fd} = await held.handle;
		let isReleased = false;
		return {
			path: inheritedPath,
			descriptor: fd,
			release() {
				if (isReleased) {
					return;
				}

				isReleased = true;
				held.users--;
				if (held.users === 0) {
					held.timer = setTimeout(() => {
						kept.delete(key);
						void held.handle.then(async handle => handle.close());
					}, restMs).unref();
				}
			},
		};
	} catch (error) {
		if (kept.get(key) === held) {
			kept.delete(key);
		}

		throw error;
	}
};
