// Asio's own functions, compiled here and nowhere else (ASIO_SEPARATE_COMPILATION).
#include <asio/impl/src.hpp>
