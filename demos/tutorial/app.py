import os

from flask import Flask
from redis import ConnectionError, Redis

app = Flask(__name__)

# The name of the Redis container is enough: the network's name server knows its address.
redis_host = os.environ.get('REDIS_HOST', 'localhost')
redis_port = os.environ.get('REDIS_PORT', '6379')


@app.route('/')
def hello():
    redis = Redis(host=redis_host, port=int(redis_port), socket_connect_timeout=1)
    try:
        redis.ping()
    except ConnectionError as error:
        return f'Hello from Flask! Could not connect to Redis at {redis_host}:{redis_port}. Error: {error}', 500
    except Exception as error:
        return f'An unexpected error occurred: {error}', 500
    return f'Hello from Flask! Connected to Redis at {redis_host}:{redis_port} successfully!'


if __name__ == '__main__':
    app.run(host='0.0.0.0', port=8000)
