# SPDX-License-Identifier: GPL-2.0-or-later
# The page codecs and the pinned sources they include (build/deps); `make CODECS=lzo` builds a smaller image.
CODECS ?= lzo zstd zlib
codec_obj := kernel/dump/codec/codec.o $(patsubst %,kernel/dump/codec/%.o,$(CODECS))

# What the libraries' own sources would be warned about is not ours to change: -isystem. Every page goes
# through them: -O2. GCC's <limits.h> has no libc's below it.
codec_includes := -isystem build/deps/lzo2/include -isystem build/deps/lzo2/src \
	-isystem build/deps/libzstd/lib -isystem build/deps/libzstd/lib/common -isystem build/deps/libdeflate
$(patsubst %,$(B)/kernel/kernel/dump/codec/%.o,lzo zstd zlib): codec_cflags := -O2 -D_LIBC_LIMITS_H_ $(codec_includes)

# The smallest image must fit 640 KiB: fewer early pages, less in flight.
small_obj := $(addprefix $(B)/kernel/kernel/,dump/format/early.o dump/format/early_table.o dump/format/kdump.o dump/disk/disk_sink.o net/ring.o)
ifeq ($(strip $(CODECS)),lzo)
$(small_obj): codec_cflags += -DSMALL_IMAGE
endif
$(small_obj): $(B)/codecs.stamp
