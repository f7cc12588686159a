// Reading JavaScript values so that nothing throws. In an environment that is being terminated calls may fail at any
// time, and the empty values that node-addon-api then returns abort the process when they are used.
#pragma once

#include <napi.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace webcodecs {

inline bool ReadBool(const Napi::Value& value) {
  bool out = false;
  napi_get_value_bool(value.Env(), value, &out);
  return out;
}

inline int ReadInt(const Napi::Value& value) {
  int32_t out = 0;
  napi_get_value_int32(value.Env(), value, &out);
  return out;
}

inline int64_t ReadInt64(const Napi::Value& value) {
  int64_t out = 0;
  napi_get_value_int64(value.Env(), value, &out);
  return out;
}

// Nothing for what is no number, such as null.
inline std::optional<int64_t> ReadOptionalInt64(const Napi::Value& value) {
  int64_t out = 0;
  if (napi_get_value_int64(value.Env(), value, &out) != napi_ok) return std::nullopt;
  return out;
}

struct Bytes {
  uint8_t* data = nullptr;
  size_t size = 0;
  napi_value buffer = nullptr;
};

// Works for a view of a SharedArrayBuffer too. A detached buffer has no bytes, and neither has what is no
// typed array.
inline Bytes ReadBytes(napi_env env, napi_value view) {
  Bytes bytes;
  void* data = nullptr;
  if (view != nullptr && napi_get_typedarray_info(env, view, nullptr, &bytes.size, &data, &bytes.buffer, nullptr) == napi_ok)
    bytes.data = static_cast<uint8_t*>(data);
  if (!bytes.data) bytes.size = 0;
  return bytes;
}

// A plain object whose members are read by name; a member that cannot be read is zero, false or empty.
class ObjectReader {
 public:
  explicit ObjectReader(const Napi::Value& object) : env_(object.Env()), object_(object) {}

  double Double(const char* key) const {
    double out = 0;
    if (napi_value value = Get(key)) napi_get_value_double(env_, value, &out);
    return out;
  }
  int Int(const char* key) const { return static_cast<int>(Double(key)); }
  int64_t Int64(const char* key) const { return static_cast<int64_t>(Double(key)); }
  bool Bool(const char* key) const {
    bool out = false;
    if (napi_value value = Get(key)) napi_get_value_bool(env_, value, &out);
    return out;
  }
  std::string String(const char* key) const { return ToString(Get(key)); }
  // An array of names and values in turn.
  std::vector<std::pair<std::string, std::string>> Pairs(const char* key) const {
    std::vector<std::pair<std::string, std::string>> out;
    napi_value array = Get(key);
    uint32_t length = 0;
    if (!array || napi_get_array_length(env_, array, &length) != napi_ok) return out;
    const auto element = [&](uint32_t index) {
      napi_value value = nullptr;
      return napi_get_element(env_, array, index, &value) == napi_ok ? ToString(value) : std::string();
    };
    for (uint32_t i = 0; i + 1 < length; i += 2) out.emplace_back(element(i), element(i + 1));
    return out;
  }
  napi_value Get(const char* key) const {
    napi_value value = nullptr;
    return napi_get_named_property(env_, object_, key, &value) == napi_ok ? value : nullptr;
  }

 private:
  std::string ToString(napi_value value) const {
    size_t length = 0;
    if (!value || napi_get_value_string_utf8(env_, value, nullptr, 0, &length) != napi_ok) return {};
    std::string out(length, '\0');
    napi_get_value_string_utf8(env_, value, out.data(), length + 1, &length);
    return out;
  }

  napi_env env_;
  napi_value object_;
};

}  // namespace webcodecs
