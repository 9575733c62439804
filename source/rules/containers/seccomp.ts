import {HolmError} from '../../engine/errors.js';
import {shown} from './validate-process.js';

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const objectsOf = (value: unknown): readonly Json[] => Array.isArray(value) ? value.filter(item => isObject(item)) : [];
const textsOf = (value: unknown): readonly string[] => Array.isArray(value) ? value.filter(item => typeof item === 'string') : [];

/** VMs are x86-64, in the names of seccomp and of Go. */
const [architecture, goArchitecture] = ['SCMP_ARCH_X86_64', 'amd64'];

/** Every kernel of the VMs is at least this new. */
const kernel = [6, 1] as const;

const isOldEnough = (text: unknown): boolean => {
	const [major = 0, minor = 0] = typeof text === 'string' ? text.split('.').map(Number) : [];
	return text === undefined || text === '' || major < kernel[0] || (major === kernel[0] && minor <= kernel[1]);
};

/** Whether Docker's conditions of a rule hold for a container. */
const isApplicable = ({includes, excludes}: Json, hasCapability: (name: string) => boolean): boolean => {
	const included: Json = isObject(includes) ? includes : {};
	const excluded: Json = isObject(excludes) ? excludes : {};
	const architectures = textsOf(included.arches);
	return (architectures.length === 0 || architectures.includes(goArchitecture))
		&& textsOf(included.caps).every(name => hasCapability(name))
		&& isOldEnough(included.minKernel)
		&& !textsOf(excluded.arches).includes(goArchitecture)
		&& !textsOf(excluded.caps).some(name => hasCapability(name))
		&& !(typeof excluded.minKernel === 'string' && excluded.minKernel !== '' && isOldEnough(excluded.minKernel));
};

const architecturesOf = ({architectures, archMap}: Json): readonly string[] => {
	const own = objectsOf(archMap).filter(item => item.architecture === architecture);
	const given = [...textsOf(architectures), ...own.flatMap(item => [architecture, ...textsOf(item.subArchitectures)])];
	return given.length > 0 ? [...new Set(given)] : [architecture];
};

/**
The `seccomp` of the OCI runtime specification for a profile in Docker's format.

`hasCapability` tells whether the container has a capability, such as `CAP_SYS_ADMIN`. Throws `invalid` for a text that is no profile.
*/
export const seccompOf = (profile: string, hasCapability: (name: string) => boolean): Json => {
	const refuse = (reason: string) => new HolmError('invalid', `the seccomp profile ${shown(profile.slice(0, 40))} cannot be used: ${reason}`, {remedy: 'it is a profile in Docker\'s format, as JSON'});
	let parsed: unknown;
	try {
		parsed = JSON.parse(profile);
	} catch {
		throw refuse('it is not valid JSON');
	}

	if (!isObject(parsed) || typeof parsed.defaultAction !== 'string' || !/^SCMP_ACT_[A-Z_]+$/v.test(parsed.defaultAction)) {
		throw refuse('it has no default action');
	}

	if (parsed.listenerPath !== undefined) {
		throw refuse('listeners are not possible');
	}

	const rules = objectsOf(parsed.syscalls).filter(rule => isApplicable(rule, hasCapability));
	return {
		defaultAction: parsed.defaultAction,
		...parsed.defaultErrnoRet !== undefined && {defaultErrnoRet: parsed.defaultErrnoRet},
		architectures: architecturesOf(parsed),
		...parsed.flags !== undefined && {flags: textsOf(parsed.flags)},
		syscalls: rules.map(({names, name, action, errnoRet, args}) => ({
			names: typeof name === 'string' && name !== '' ? [name] : textsOf(names),
			action,
			...typeof errnoRet === 'number' && {errnoRet},
			...objectsOf(args).length > 0 && {args: objectsOf(args)},
		})).filter(({names}) => names.length > 0),
	};
};
