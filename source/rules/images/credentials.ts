import type {RegistryCredentials} from '../../engine/transfer.js';
import {registryOf} from './reference.js';

/** The login for a registry among those of a build; undefined if there is none. */
export const credentialsFor = (credentials: readonly RegistryCredentials[] = []) => (registry: string): RegistryCredentials | undefined =>
	credentials.find(({server}) => registryOf(server) === registryOf(registry));
