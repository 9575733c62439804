/** Whether a value of a field is one that Holm cannot honour. */
type Predicate = (value: unknown) => boolean;

/** What Holm does with one field of Docker's API. */
export type FieldRule = {
	readonly support: 'honoured' | 'refused' | 'hint';
	/** What it does, or why it cannot; a phrase for the reference and for messages. */
	readonly reason: string;
	/** What to do instead of a refused value. */
	readonly remedy?: string;
	/** The values that are refused, or warned about; those of an honoured field are exceptions. */
	readonly isAffected?: Predicate;
	/** The exceptions of an honoured field, for the reference. */
	readonly exceptions?: string;
	/** The rules of an object's fields, also of the objects in a list or map. */
	readonly inside?: FieldTable;
	readonly shape?: 'object' | 'list' | 'map';
};

/** Rules by the field's name. */
export type FieldTable = Readonly<Record<string, FieldRule>>;

/** Clients in Go send every field, empty if unset. */
export const isEmpty: Predicate = value => value === undefined || value === null || value === 0 || value === '' || value === false
	|| (typeof value === 'object' && Object.values(value).every(item => item === undefined));

export const isGiven: Predicate = value => !isEmpty(value);

/** Every value but these and the empty ones. Other types than text are left to the decoding. */
export const otherThan = (...texts: readonly string[]): Predicate => value => typeof value === 'string' && value !== '' && !texts.includes(value);

/** `host` and `container:NAME`. */
export const isShared: Predicate = value => typeof value === 'string' && (value === 'host' || value.startsWith('container:'));

export const honoured = (reason = ''): FieldRule => ({support: 'honoured', reason});

/** Honoured, except for some values. */
export const honouredExcept = (exceptions: string, isAffected: Predicate, reason: string, remedy: string): FieldRule => ({support: 'honoured', exceptions, isAffected, reason, remedy});

export const refused = (reason: string, remedy: string, isAffected: Predicate = isGiven): FieldRule => ({support: 'refused', reason, remedy, isAffected});

/** Without effect, which its warning says. */
export const hint = (reason: string, isAffected: Predicate = isGiven): FieldRule => ({support: 'hint', reason, isAffected});

/** An object, list of objects or map of objects with rules of its own. */
export const nested = (shape: 'object' | 'list' | 'map', inside: FieldTable, reason = ''): FieldRule => ({support: 'honoured', reason, inside, shape});
