/** Field of a health port's answer with the `nodeId` of the node (snapshot.ts), by which nodes tell each other apart. */
export const NODE_FIELD = 'X-Autoproxy-Node';
