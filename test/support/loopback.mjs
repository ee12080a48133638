import { Server } from 'node:net';

/** Somebody else's servers, in this process from now on, listen on loopback only; `portOf`: on another port than they ask for. */
export function listenOnLoopback(portOf = (port) => port) {
  const { listen } = Server.prototype;
  Server.prototype.listen = function (...given) {
    const [first] = given;
    const options = typeof first === 'object' && first !== null ? first : { port: Number(first) };
    const then = given.filter((one) => typeof one === 'function');
    return listen.call(this, { ...options, port: portOf(options.port), host: '127.0.0.1' }, ...then);
  };
}
