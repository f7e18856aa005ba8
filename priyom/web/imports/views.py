"""Loading a table of visits and patients: choose a file, say what its columns are, look at it, let it run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from priyom.clinic.models import Branch
from priyom.exchange import upload
from priyom.exchange.models import Import
from priyom.web import frame
from priyom.web.frame import WORKS, StaffRequest, screen
from priyom.web.imports.mapping import asked, choices, constants

REFUSED = 100


@screen(*WORKS)
def page(request: StaffRequest) -> HttpResponse:
    """`/imports`: choose a file, and what was loaded before."""
    return _page(request)


@screen(*WORKS)
@require_POST
def begin(request: StaffRequest) -> HttpResponse:
    """Keep the file and go on to its columns."""
    file = request.FILES.get("file")
    if file is None:
        return _page(request, _("Choose a file first."))
    try:
        imported = upload.begin(request.user, file.name or "", file.chunks())
    except upload.BadTable as error:
        return _page(request, str(error))
    return HttpResponseRedirect(reverse("web:import", args=[imported.pk]))


@screen(*WORKS)
def one(request: StaffRequest, import_id: int) -> HttpResponse:
    """`/imports/<id>`: the mapping of a draft, the progress of a running one, the report of a finished one."""
    imported = Import.objects.get(pk=import_id)
    if imported.state != "draft":
        return frame.show(request, "web/imports/report.html", "imports", _report(request, imported))
    try:
        context = _draft(imported, upload.guess(imported))
    except upload.BadTable as error:
        return _page(request, str(error))
    return frame.show(request, "web/imports/mapping.html", "imports", context)


@screen(*WORKS)
@require_POST
def look(request: StaffRequest, import_id: int) -> HttpResponse:
    """The first rows under the mapping as it stands in the form."""
    imported = Import.objects.get(pk=import_id, state="draft")
    context = _draft(imported, _asked(request, imported))
    return render(request, "web/imports/_preview.html", context)


@screen(*WORKS)
@require_POST
def start(request: StaffRequest, import_id: int) -> HttpResponse:
    """Load it in the background."""
    imported = Import.objects.get(pk=import_id, state="draft")
    mapping = _asked(request, imported)
    try:
        upload.start(imported, mapping)
    except upload.BadMapping:
        return frame.show(request, "web/imports/mapping.html", "imports", _draft(imported, mapping), 422)
    return HttpResponseRedirect(reverse("web:import", args=[imported.pk]))


@screen(*WORKS)
def progress(request: StaffRequest, import_id: int) -> HttpResponse:
    """`/imports/<id>/progress`: the bar, which asks for itself until the end."""
    return render(request, "web/imports/_progress.html", _report(request, Import.objects.get(pk=import_id)))


@screen(*WORKS)
def refused(request: StaffRequest, import_id: int) -> HttpResponseBase:
    """`/imports/<id>/refused`: the file of refused rows, to be mended and loaded again."""
    imported = Import.objects.get(pk=import_id)
    path = Path(imported.refused_path) if imported.refused_path else None
    if path is None or not path.is_file():
        raise Http404
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"refused-{imported.pk}{path.suffix}")


def _page(request: StaffRequest, wrong: str = "") -> HttpResponse:
    earlier = list(Import.objects.select_related("by").order_by("-id")[:20])
    context = {"earlier": earlier, "wrong": wrong, "zone": frame.zone_of(request)}
    return frame.show(request, "web/imports/page.html", "imports", context, 422 if wrong else 200)


def _asked(request: StaffRequest, imported: Import) -> dict[str, Any]:
    return asked(request.POST, upload.columns(imported), upload.guess(imported))


def _draft(imported: Import, mapping: dict[str, Any]) -> dict[str, Any]:
    columns = upload.columns(imported)
    return {
        "imported": imported,
        "choices": choices(columns, mapping),
        "constants": constants(mapping),
        "targets": upload.targets(),
        "zones": list(Branch.objects.values_list("time_zone", flat=True).distinct().order_by("time_zone")),
        "preview": upload.preview(imported, mapping),
        "mapping": mapping,
    }


def _report(request: StaffRequest, imported: Import) -> dict[str, Any]:
    rows, more = frame.first_page(imported.refused.order_by("line"), REFUSED)
    return {"imported": imported, "refused": rows, "more": more, "most": REFUSED, "zone": frame.zone_of(request)}
