// Shows notifications where a page may not: browsers of phones leave that to a worker. It does nothing else, keeps nothing
// and stands between no page and the server.
async function open(url) {
  const tabs = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const tab = tabs.find((one) => one.visibilityState === "visible") ?? tabs[0];
  if (!tab) return clients.openWindow(url);
  tab.postMessage({ open: url });
  return tab.focus();
}

addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.url));
});
