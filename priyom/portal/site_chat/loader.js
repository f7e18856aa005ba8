// The clinic's site loads this by one tag. It draws the button, opens the chat in a frame of ours, and keeps the visitor
// for it in the site's own storage. It reads nothing of the page but its language and a personal link (#priyom=TOKEN).
(function () {
  'use strict'
  var setup = __SETUP__
  var script = document.currentScript
  if (window.__priyom || !document.querySelector) return
  window.__priyom = true
  var base = script && /^https?:/.test(script.src) ? script.src.split('/').slice(0, 3).join('/') : setup.base
  var lang = ((script && script.getAttribute('data-lang')) || document.documentElement.lang || navigator.language || 'ru')
    .slice(0, 2).toLowerCase()
  var lines = setup.lines[lang] || setup.lines.ru
  var keep = 'priyom-chat-' + setup.key
  var token = (/[#&]priyom=([A-Za-z0-9_-]{24})(?:&|$)/.exec(location.hash) || [])[1] || ''
  var dark = window.matchMedia ? matchMedia('(prefers-color-scheme: dark)') : {matches: false}
  var small = window.matchMedia ? matchMedia('(max-width: 600px), (max-height: 500px)') : {matches: false}
  var frame = null, ready = false, open = false, before = null, scroll = ''

  function style(node, text) { node.style.cssText = 'all:initial;box-sizing:border-box;' + text }

  function read() { try { return JSON.parse(localStorage.getItem(keep)) } catch (e) { return memory } }
  var memory = null
  function write(value) {
    memory = value
    try { value ? localStorage.setItem(keep, JSON.stringify(value)) : localStorage.removeItem(keep) } catch (e) { /* private mode */ }
  }

  function svg(path) {
    var space = 'http://www.w3.org/2000/svg', made = document.createElementNS(space, 'svg')
    var line = document.createElementNS(space, 'path')
    made.setAttribute('viewBox', '0 0 24 24'); made.setAttribute('aria-hidden', 'true')
    made.style.cssText = 'width:28px;height:28px;fill:none;stroke:currentColor;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round'
    line.setAttribute('d', path); made.appendChild(line)
    return made
  }

  var button = document.createElement('button'), badge = document.createElement('span')
  button.type = 'button'
  button.id = 'priyom-chat'
  button.title = lines.open
  button.appendChild(svg('M4 5h16v11H10l-4 4v-4H4z'))
  button.appendChild(badge)

  function paint() {
    var phone = small.matches
    style(button, 'position:fixed;right:max(20px,env(safe-area-inset-right));bottom:max(20px,env(safe-area-inset-bottom));' +
      'z-index:2147483000;width:56px;height:56px;border-radius:50%;display:' + (open ? 'none' : 'flex') +
      ';align-items:center;justify-content:center;cursor:pointer;box-shadow:0 2px 10px rgba(0,0,0,.25);' +
      (dark.matches ? 'background:#6fd3c7;color:#06201e;' : 'background:#0b5c5c;color:#fff;'))
    if (frame) style(frame, 'position:fixed;z-index:2147483001;border:0;background:' + (dark.matches ? '#0f1414' : '#fbfcfc') +
      ';display:' + (open ? 'block' : 'none') + ';' + (phone ? 'left:0;top:0;width:100%;height:100%;' :
      'right:20px;bottom:20px;width:392px;height:min(640px,calc(100% - 40px));border-radius:12px;box-shadow:0 8px 32px rgba(0,0,0,.28);'))
    document.documentElement.style.overflow = open && phone ? 'hidden' : scroll
    button.setAttribute('aria-expanded', String(open))
  }

  function count(n) {
    badge.textContent = n ? String(n) : ''
    style(badge, n ? 'position:absolute;top:-4px;right:-4px;min-width:22px;height:22px;padding:0 6px;border-radius:11px;' +
      'background:#a3201c;color:#fff;font:600 13px/22px system-ui,sans-serif;text-align:center' : 'display:none')
    button.setAttribute('aria-label', lines.open + (n ? '. ' + lines.unread.replace('{n}', n) : ''))
  }

  function tell(what) { if (ready) frame.contentWindow.postMessage(what, base) }

  function eyes() { tell({priyom: 'eyes', on: open && document.hasFocus() && !document.hidden}) }

  function load() {
    if (frame) return
    frame = document.createElement('iframe')
    frame.title = lines.open
    frame.src = base + '/chat/' + setup.key + '/?lang=' + lang
    frame.onload = function () {
      ready = true
      tell({priyom: 'hello', me: read(), token: token, open: open})
      eyes()
    }
    paint()
    document.body.appendChild(frame)
  }

  function show(on) {
    if (on === open) return
    open = on
    if (on) { before = document.activeElement; scroll = document.documentElement.style.overflow; load() }
    paint()
    tell({priyom: on ? 'open' : 'fold'})
    if (on) frame.focus()
    else (before && before.focus && before !== document.body ? before : button).focus()
    eyes()
  }

  window.addEventListener('message', function (event) {
    if (!frame || event.source !== frame.contentWindow || event.origin !== base || !event.data) return
    var said = event.data
    if (said.priyom === 'keep') write(said.me)
    if (said.priyom === 'fold') show(false)
    if (said.priyom === 'unread') count(said.n | 0)
  })
  window.addEventListener('focus', eyes)
  window.addEventListener('blur', function () { setTimeout(eyes, 50) })
  document.addEventListener('visibilitychange', eyes)
  button.onclick = function () { show(true) }
  ;[dark, small].forEach(function (query) { if (query.addListener) query.addListener(paint) })

  function begin() {
    count(0); paint()
    document.body.appendChild(button)
    if (token) {
      if (history.replaceState) history.replaceState(null, '', location.pathname + location.search)
      show(true)
    } else if (read()) load() // somebody who has written before: an answer may be waiting
  }
  if (document.body) begin()
  else document.addEventListener('DOMContentLoaded', begin)
})()
