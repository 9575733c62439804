import type {Container} from '../../../engine/resources.js';
import type {LogName} from './log-lines.js';

export type Service = {
	readonly name: string;
	readonly image: string;
	readonly command?: readonly string[];
	/** Its log generator, where that does not follow from its program. */
	readonly log?: LogName;
	readonly hostPort?: number;
	readonly containerPort?: number;
	readonly environment?: readonly string[];
	readonly volume?: string;
	/** Command of its health check. */
	readonly check?: string;
	readonly restart?: Container['configuration']['restartPolicy']['name'];
	/** Services of its project that it needs, by their full names. */
	readonly needs?: readonly string[];
	/** Its state at the start; default `running`. */
	readonly fate?: 'created' | 'running' | 'paused' | 'exited' | 'killed';
};

export type Project = {
	readonly name: string;
	readonly network: string;
	readonly internal?: boolean;
	/** Hours since it was created and since it was last started. */
	readonly age: number;
	readonly up: number;
	readonly services: readonly Service[];
};

/** The projects' own images, built on known ones. */
export const projectImages = [
	{name: 'docker.io/library/shop-web:latest', base: 'docker.io/library/python:3.10-alpine', command: ['python', 'app.py'], port: '8000/tcp'},
	{name: 'docker.io/library/shop-worker:latest', base: 'docker.io/library/python:3.10-alpine', command: ['python', 'worker.py'], port: undefined},
	{name: 'registry.example/metrics/api:2.4.1', base: 'docker.io/library/python:3.10-alpine', command: ['python', 'api.py'], port: '3000/tcp'},
] as const;

/** Three applications in two tiers each, in several states. */
export const projects: readonly Project[] = [
	{
		name: 'blog',
		network: 'blog_default',
		age: 75,
		up: 26,
		services: [
			{name: 'blog-db', image: 'postgres:alpine', volume: 'blog_data', environment: ['POSTGRES_PASSWORD=example'], check: 'pg_isready', restart: 'always'},
			{name: 'blog-migrate', image: 'postgres:alpine', command: ['true'], needs: ['blog-db'], fate: 'exited'},
			{name: 'blog-web', image: 'nginx:alpine', hostPort: 8080, containerPort: 80, restart: 'always', needs: ['blog-db', 'blog-migrate']},
		],
	},
	{
		name: 'shop',
		network: 'shop_default',
		age: 30,
		up: 3,
		services: [
			{name: 'shop-cache', image: 'redis:alpine', volume: 'shop_cache', restart: 'unless-stopped'},
			{name: 'shop-web', image: 'shop-web', log: 'flask', hostPort: 8000, containerPort: 8000, environment: ['REDIS_HOST=shop-cache'], needs: ['shop-cache']},
			{name: 'shop-worker', image: 'shop-worker', log: 'flaky', restart: 'on-failure', environment: ['REDIS_HOST=shop-cache'], needs: ['shop-cache']},
			{name: 'shop-seed', image: 'shop-worker', needs: ['shop-web'], fate: 'created'},
		],
	},
	{
		name: 'metrics',
		network: 'metrics_internal',
		internal: true,
		age: 9,
		up: 0.4,
		services: [
			{name: 'metrics-store', image: 'redis:alpine', restart: 'always'},
			{name: 'metrics-api', image: 'registry.example/metrics/api:2.4.1', log: 'json', hostPort: 3000, containerPort: 3000, needs: ['metrics-store']},
			{name: 'metrics-batch', image: 'shop-worker', log: 'plain', needs: ['metrics-store'], fate: 'paused'},
			{name: 'metrics-import', image: 'shop-worker', log: 'plain', needs: ['metrics-api', 'metrics-store'], fate: 'killed'},
		],
	},
];

const kinds: ReadonlyArray<Pick<Service, 'image' | 'log' | 'containerPort' | 'restart'>> = [
	{image: 'nginx:alpine', containerPort: 80},
	{image: 'shop-web', log: 'flask', containerPort: 8000},
	{image: 'registry.example/metrics/api:2.4.1', log: 'json', containerPort: 3000},
	{image: 'shop-worker', log: 'plain'},
	{image: 'redis:alpine'},
	{image: 'postgres:alpine'},
	{image: 'shop-worker', log: 'flaky', restart: 'on-failure'},
];

const fates = ['running', 'running', 'running', 'running', 'running', 'running', 'exited', 'created', 'running', 'paused'] as const;

/** As many projects on networks of their own, and as many containers in all, as are asked for; the three above come first. Without a network, one project is on the default one. */
export const manyProjects = (containers: number, networks: number): readonly Project[] => {
	const made: Array<Project & {readonly services: Service[]}> = Array.from({length: Math.max(networks, 1)}, (_, index) => ({
		...networks === 0
			? {name: 'app', network: 'bridge', age: 20, up: 2}
			: projects[index] ?? {name: `app${index + 1}`, network: `app${index + 1}_default`, age: 48 - (index % 40), up: 1 + (index % 7)},
		services: [],
	}));
	const known = projects.slice(0, networks).flatMap(({services}, index) => services.map(service => ({index, service})));
	for (let number = 0; number < containers; number++) {
		const kind = kinds[number % kinds.length]!;
		const {index, service} = known[number] ?? {index: number % made.length, service: undefined};
		const {name, services} = made[index]!;
		services.push(service ?? {
			...kind,
			name: `${name}-${kind.log ?? kind.image.split(':', 1)[0]}-${number + 1}`,
			fate: fates[number % fates.length]!,
			...kind.containerPort !== undefined && {hostPort: 10_000 + number},
		});
	}

	return made;
};
