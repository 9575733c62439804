import type {ImageConfiguration} from '../../engine/resources.js';

/** An image that a pull finds. */
export type KnownImage = {
	/** In full. */
	readonly name: string;
	/** Milliseconds since the epoch. */
	readonly createdAt: number;
	readonly configuration: Partial<ImageConfiguration> & Pick<ImageConfiguration, 'command'>;
	/** The steps of its build that leave a layer, and the megabytes of each. */
	readonly layers: ReadonlyArray<readonly [createdBy: string, megabytes: number]>;
	/** Texts of further files, by path. */
	readonly files?: Readonly<Record<string, string>>;
	/** Present when an engine begins. */
	readonly isPresent: boolean;
};

const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const alpine = [['ADD alpine-minirootfs-3.23.0-x86_64.tar.gz / # buildkit', 8.4]] as const;
const run = (command: string) => `RUN /bin/sh -c ${command} # buildkit`;
const welcome = '<!DOCTYPE html>\n<html>\n<head>\n<title>Welcome to nginx!</title>\n</head>\n<body>\n<h1>Welcome to nginx!</h1>\n</body>\n</html>\n';

/** The images that a pull finds, some of which are present from the beginning. */
export const knownImages: readonly KnownImage[] = [
	{
		name: 'docker.io/library/redis:alpine',
		createdAt: Date.UTC(2026, 1, 3, 22, 14, 9),
		configuration: {
			environment: [path, 'REDIS_DOWNLOAD_URL=https://github.com/redis/redis/archive/refs/tags/8.4.0.tar.gz'],
			entrypoint: ['docker-entrypoint.sh'],
			command: ['redis-server'],
			workingDirectory: '/data',
			exposedPorts: ['6379/tcp'],
			volumes: ['/data'],
		},
		layers: [
			...alpine,
			[run('addgroup -S -g 1000 redis && adduser -S -G redis -u 999 redis'), 0.004],
			[run('wget -O redis.tar.gz "$REDIS_DOWNLOAD_URL" && make -C /usr/src/redis install'), 62.1],
			['COPY docker-entrypoint.sh /usr/local/bin/ # buildkit', 0.002],
		],
		isPresent: true,
	},
	{
		name: 'docker.io/library/nginx:alpine',
		createdAt: Date.UTC(2026, 1, 5, 1, 40, 31),
		configuration: {
			environment: [path, 'NGINX_VERSION=1.29.5', 'PKG_RELEASE=1'],
			entrypoint: ['/docker-entrypoint.sh'],
			command: ['nginx', '-g', 'daemon off;'],
			exposedPorts: ['80/tcp'],
			stopSignal: 'SIGQUIT',
			labels: {maintainer: 'NGINX Docker Maintainers <docker-maint@nginx.com>'},
		},
		layers: [
			...alpine,
			[run('addgroup -g 101 -S nginx && apk add --no-cache nginx nginx-module-njs'), 45.3],
			['COPY docker-entrypoint.sh / # buildkit', 0.002],
		],
		files: {
			'/usr/share/nginx/html/index.html': welcome,
			'/etc/nginx/nginx.conf': 'events {}\nhttp {\n\tserver {\n\t\tlisten 80;\n\t\troot /usr/share/nginx/html;\n\t}\n}\n',
		},
		isPresent: true,
	},
	{
		name: 'docker.io/library/python:3.10-alpine',
		createdAt: Date.UTC(2026, 0, 28, 19, 3, 55),
		configuration: {
			environment: [path, 'PYTHON_VERSION=3.10.19'],
			command: ['python3'],
		},
		layers: [
			...alpine,
			[run('apk add --no-cache ca-certificates tzdata'), 0.9],
			[run('wget -O python.tar.xz "https://www.python.org/ftp/python/$PYTHON_VERSION/Python-$PYTHON_VERSION.tar.xz" && make install'), 38.6],
		],
		isPresent: true,
	},
	{
		name: 'docker.io/alpine/bash:latest',
		createdAt: Date.UTC(2026, 1, 1, 4, 12, 0),
		configuration: {environment: [path], command: ['/bin/bash']},
		layers: [...alpine, [run('apk add --no-cache bash curl ca-certificates'), 5.1]],
		isPresent: true,
	},
	{
		name: 'docker.io/library/alpine:latest',
		createdAt: Date.UTC(2025, 11, 4, 18, 2, 11),
		configuration: {environment: [path], command: ['/bin/sh']},
		layers: alpine,
		isPresent: false,
	},
	{
		name: 'docker.io/library/busybox:latest',
		createdAt: Date.UTC(2024, 8, 26, 21, 31, 42),
		configuration: {environment: [path], command: ['sh']},
		layers: [['BusyBox 1.37.0 (glibc), Debian 13', 4.4]],
		isPresent: false,
	},
	{
		name: 'docker.io/library/postgres:alpine',
		createdAt: Date.UTC(2026, 1, 12, 23, 20, 48),
		configuration: {
			environment: [path, 'LANG=en_US.utf8', 'PG_MAJOR=18', 'PGDATA=/var/lib/postgresql/18/docker'],
			entrypoint: ['docker-entrypoint.sh'],
			command: ['postgres'],
			exposedPorts: ['5432/tcp'],
			volumes: ['/var/lib/postgresql'],
			stopSignal: 'SIGINT',
		},
		layers: [
			...alpine,
			[run('addgroup -g 70 -S postgres && adduser -u 70 -S -G postgres postgres'), 0.004],
			[run('wget -O postgresql.tar.bz2 "https://ftp.postgresql.org/pub/source/v$PG_VERSION/postgresql-$PG_VERSION.tar.bz2" && make install'), 281.6],
		],
		isPresent: false,
	},
	{
		name: 'docker.io/library/hello-world:latest',
		createdAt: Date.UTC(2025, 7, 8, 19, 5, 17),
		configuration: {environment: [path], command: ['/hello']},
		layers: [['COPY hello / # buildkit', 0.01]],
		isPresent: false,
	},
];
