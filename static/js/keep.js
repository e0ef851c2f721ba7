// What this phone keeps for a technician: copies of today's pages, and what was not sent yet. For pages and the worker
// alike, so it is a plain script: self.milaKeep.
//
// Everything about people is encrypted with a key the browser keeps and gives to nobody, not even to us. Signing out
// takes the key away first: what might be left behind then is noise.

(() => {
  const NAME = "mila";
  const STORES = { keys: "id", facts: "name", pages: "path", queue: "key" };
  const PAGES = "pages";
  const DAY = 24 * 60 * 60 * 1000; // a copy is of one day: older ones say too little that is true
  const THE = "the";

  function opened() {
    return new Promise((done, refuse) => {
      const asked = indexedDB.open(NAME, 1);
      asked.onupgradeneeded = () => {
        for (const [store, keyPath] of Object.entries(STORES)) asked.result.createObjectStore(store, { keyPath });
      };
      asked.onsuccess = () => done(asked.result);
      asked.onerror = () => refuse(asked.error);
    });
  }

  // One transaction on one store; answers what `what` asked for, once it is safely written.
  async function on(stores, mode, what) {
    const database = await opened();
    try {
      return await new Promise((done, refuse) => {
        const work = database.transaction(stores, mode, { durability: "strict" });
        const asked = what(work);
        work.oncomplete = () => done(asked?.result);
        work.onabort = () => refuse(work.error);
        work.onerror = () => refuse(work.error);
      });
    } finally {
      database.close();
    }
  }
  const get = (store, id) => on([store], "readonly", (work) => work.objectStore(store).get(id));
  const all = (store) => on([store], "readonly", (work) => work.objectStore(store).getAll());
  const put = (store, row) => on([store], "readwrite", (work) => work.objectStore(store).put(row));
  const drop = (store, id) => on([store], "readwrite", (work) => work.objectStore(store).delete(id));

  // --- The key

  const key = async () => (await get("keys", THE))?.key;

  // Whose phone this is from now on. Somebody else's things go; without a key nothing can be kept.
  async function own(owner) {
    const row = await get("keys", THE);
    if (row?.owner === owner) return;
    await wipe();
    const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    await put("keys", { id: THE, owner, key: made });
  }

  async function sealed(octets) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const held = await key();
    if (!held) throw new Error("no key");
    return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, held, octets) };
  }

  async function opening(row) {
    const held = await key();
    if (!held) throw new Error("no key");
    return crypto.subtle.decrypt({ name: "AES-GCM", iv: row.iv }, held, row.data);
  }
  const locked = (value) => sealed(new TextEncoder().encode(JSON.stringify(value)));
  const unlocked = async (row) => JSON.parse(new TextDecoder().decode(await opening(row)));

  async function wipe() {
    await on(["keys", PAGES, "queue"], "readwrite", (work) => {
      for (const store of ["keys", PAGES, "queue"]) work.objectStore(store).clear();
    });
  }

  // --- Facts: small things about nobody

  const read = async (name) => (await get("facts", name))?.value;
  const write = (name, value) => put("facts", { name, value });

  // --- Pages

  async function page(path) {
    const row = await get(PAGES, path);
    if (!row) return null;
    if (Date.now() - row.at > DAY) {
      await drop(PAGES, path);
      return null;
    }
    return unlocked(row);
  }
  // `copy`: { html, policy }, the page and the content policy it was sent with.
  const keepPage = async (path, copy) => put(PAGES, { path, at: Date.now(), ...(await locked(copy)) });
  const paths = async () => (await all(PAGES)).filter((row) => Date.now() - row.at <= DAY).map((row) => row.path);
  const dropPage = (path) => drop(PAGES, path);

  // All of one booking: the job is no longer theirs.
  async function forget(subject) {
    for (const row of await all(PAGES)) if (row.path.includes(subject)) await drop(PAGES, row.path);
  }

  // --- The queue: in the order it was written, each under a key that is used once

  // A photo lies beside its entry: the list of what waits is read often, the photo once.
  async function enqueue(once, entry, photo) {
    const beside = photo ? { photo: await sealed(await photo.arrayBuffer()) } : {};
    await put("queue", { key: once, order: Date.now(), ...(await locked({ ...entry, photo: Boolean(photo) })), ...beside });
  }
  async function photo(once) {
    const row = await get("queue", once);
    return row?.photo ? new Blob([await opening(row.photo)]) : null;
  }
  async function queued() {
    const rows = (await all("queue")).sort((one, other) => one.order - other.order);
    return Promise.all(rows.map(async (row) => ({ key: row.key, ...(await unlocked(row)) })));
  }
  async function amend(once, changes) {
    const row = await get("queue", once);
    if (row) await put("queue", { ...row, ...(await locked({ ...(await unlocked(row)), ...changes })) });
  }
  const dequeue = (once) => drop("queue", once);
  const waiting = async () => (await all("queue")).length;

  self.milaKeep = {
    own, wipe, read, write, page, paths, keepPage, dropPage, forget, enqueue, photo, queued, amend, dequeue, waiting,
  };
})();
