#include "check/saml_metadata.h"

#include <algorithm>
#include <pugixml.hpp>

#include "model/incident.h"

namespace idpd::check {

namespace {

using base::Code;
using base::Error;

// Metadata comes with any prefixes; the names are its own.
bool is(const pugi::xml_node& node, std::string_view name) {
  const std::string_view full = node.name();
  const std::size_t colon = full.find(':');
  return (colon == std::string_view::npos ? full : full.substr(colon + 1)) == name;
}

template <typename Found>
void each(const pugi::xml_node& parent, std::string_view name, const Found& found) {
  for (const pugi::xml_node& child : parent.children()) {
    if (is(child, name)) found(child);
  }
}

void find_entities(const pugi::xml_node& parent, std::vector<pugi::xml_node>& out, int depth) {
  constexpr int most_depth = 8;
  if (depth > most_depth) return;
  each(parent, "EntityDescriptor", [&](const pugi::xml_node& one) { out.push_back(one); });
  each(parent, "EntitiesDescriptor",
       [&](const pugi::xml_node& group) { find_entities(group, out, depth + 1); });
}

void read_key(const pugi::xml_node& descriptor, SamlMetadata& out) {
  const std::string_view use = descriptor.attribute("use").value();
  if (!use.empty() && use != "signing") return;
  each(descriptor, "KeyInfo", [&](const pugi::xml_node& info) {
    each(info, "X509Data", [&](const pugi::xml_node& data) {
      each(data, "X509Certificate",
           [&](const pugi::xml_node& one) { out.signing_certificates.emplace_back(one.text().get()); });
    });
  });
}

}  // namespace

base::Result<SamlMetadata> read_saml_metadata(std::string_view text, const std::string& entity_id) {
  pugi::xml_document document;
  const pugi::xml_parse_result parsed = document.load_buffer(text.data(), text.size());
  if (!parsed) return Error{Code::invalid, std::string("the metadata is no XML: ") + parsed.description()};
  std::vector<pugi::xml_node> entities;
  find_entities(document, entities, 0);
  if (entities.empty())
    return Error{Code::invalid, "the metadata describes no entity: it is no SAML metadata"};
  const auto ours = std::find_if(entities.begin(), entities.end(), [&](const pugi::xml_node& one) {
    return one.attribute("entityID").value() == entity_id;
  });
  const pugi::xml_node entity = ours == entities.end() ? entities.front() : *ours;
  SamlMetadata out;
  out.entity_id = entity.attribute("entityID").value();
  out.valid_until = model::time_from(entity.attribute("validUntil").value());
  each(entity, "IDPSSODescriptor", [&](const pugi::xml_node& provider) {
    each(provider, "SingleSignOnService",
         [&](const pugi::xml_node& one) { out.sso_urls.emplace_back(one.attribute("Location").value()); });
    each(provider, "KeyDescriptor", [&](const pugi::xml_node& one) { read_key(one, out); });
  });
  return out;
}

}  // namespace idpd::check
