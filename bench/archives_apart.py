"""Which archives of a corpus `bench.archives` counts apart: of these nothing should come out, and why a person says so.

An archive that is counted apart is in no other column of the table, but in a list below it.
"""

PROGRAM, BINARY = "nothing in it but a program", "nothing in it but data of no known type"
BROKEN, HOSTILE = "broken on purpose", "hostile"
OLD = "packed by PKZIP 1, of before 1993; no library unpacks it"
TYPES = {  # as Kiyome detects the archive, or all that is in it
    "application/java-archive": "a program in Java",
    "application/vnd.android.package-archive": "a program for Android",
    "application/x-executable": PROGRAM,
    "application/vnd.microsoft.portable-executable": PROGRAM,
    "application/x-rpm": "a package of programs",
    "application/warc": "a web archive of a crawler",
    "application/x-xar": "a package of programs for macOS",
    "application/vnd.oasis.opendocument.image": "an OpenDocument picture and no archive; of no program of today",
}
FILES = {  # end of the path → what it is
    "COMPRESS-227.zip": f"{BROKEN}: two members that share their bytes",
    "COMPRESS-681.7z": f"{BROKEN}: properties of an archive that no 7-Zip writes",
    "SHRUNK.ZIP": OLD,
    "lorem-ipsum-implode.zip": OLD,
    "zip/implode.zip": OLD,
    "zip/implodeV3.zip": OLD,
    "imploding-4Kdict-2trees.zip": OLD,
    "bad_long_namelen_gnu1-fail.ar": f"{BROKEN}: a name longer than the archive",
    "testZip_absolutePath.zip": f"{HOSTILE}: two scripts under paths of the disk",
    "testZIP_corrupted_oom.zip": f"{BROKEN}: the directory is cut off",
    "test_compat_lzip_3.lz": f"{BINARY}: zeros",
    "longsymlink/gnu.tar": "nothing in it but a link",
    "lha_unix114i/h2_symlink2.lzh": "nothing in it but a link",
    "test_read_format_tar_empty_filename.tar": "nothing in it but a folder without a name",
    "larc333/initial.lzs": BINARY,
    "lengths/lh1-1m.lzh": BINARY,
    "lengths/lh1-64k.lzh": BINARY,
    "lengths/lz5-1.lzs": BINARY,
    "lengths/lz5-1m.lzs": BINARY,
    "test_read_format_7zip_ppmd_small_block.7z": BINARY,
    "test_read_format_cab_lzx_literal_control.cab": BINARY,
    "test_read_format_rar5_compressed.rar": BINARY,
    "test_read_format_rar5_multiple_files.rar": BINARY,
    "test_read_format_tar_pax_sun_holesdata.tar": BINARY,
    "pax_gnu_sparse.tar": f"{BINARY}: zeros",
    "gtar_sparse_1_17_posix00.tar": f"{BINARY}: zeros",
    "gtar_sparse_1_17_posix01.tar": f"{BINARY}: zeros",
    "gtar_sparse_1_17_posix10.tar": f"{BINARY}: zeros",
    "gtar_sparse_1_17_posix10_modified.tar": f"{BINARY}: zeros",
    "test_read_format_7zip_deflate_arm64.7z": PROGRAM,
    "test_read_format_7zip_lzma2_riscv.7z": PROGRAM,
    "test_read_format_7zip_lzma2_sparc.7z": PROGRAM,
    "test_read_format_iso_rockridge_rr_moved.iso.Z": f"{HOSTILE}: 25 MB out of 13 KB",
    "test_big.rar": f"{HOSTILE}: 512 MB out of 20 KB",
    "test_read_format_lha_oversize_header.lzh": f"{BROKEN}: a header that is longer than the file",
    "test_read_format_zip_uncompressed_size_off_by_4gib.zip": f"{BROKEN}: a size that is not that of the member",
    "rar3-vols.part1.rar": "a piece of a split archive, alone; the three together come out",
    "reject/cd_comment.zip": f"{HOSTILE}: a directory that readers see differently",
    "reject/cd_extra_entry.zip": f"{HOSTILE}: two members that share their bytes",
    "reject/eocd64_locator_mismatch.zip": f"{HOSTILE}: a directory that readers see differently",
    "reject/eocd64_without_eocd.zip": f"{HOSTILE}: a directory that readers see differently",
}


def why_apart(path: str, reason: str) -> str:
    """Of an archive of which nothing came out, for the reason that the report gives; "" when something should have."""
    for detected, why in TYPES.items():
        if reason.endswith(detected):
            return why
    return next((why for end, why in FILES.items() if path.endswith(end)), "")
