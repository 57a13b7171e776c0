/** A program on the generated models: it reads all clients, makes one, changes it, and is refused once. */

import java.net.URI
import java.net.URLEncoder
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.util.UUID
import studio.sync.generated.infrastructure.Serializer
import studio.sync.generated.models.Client
import studio.sync.generated.models.ClientCreate
import studio.sync.generated.models.ClientPage
import studio.sync.generated.models.ClientPatch
import studio.sync.generated.models.ClientType
import studio.sync.generated.models.Problem

private val url = System.getenv("STUDIO_URL")
private val key = System.getenv("STUDIO_KEY")
private val http = HttpClient.newHttpClient()
private val json by lazy { Serializer.kotlinxSerializationJson }

private fun ask(verb: String, path: String, body: String? = null, vararg headers: String): HttpResponse<String> {
    val sent = body?.let(HttpRequest.BodyPublishers::ofString) ?: HttpRequest.BodyPublishers.noBody()
    val request = HttpRequest.newBuilder(URI("$url/v1/$path")).method(verb, sent)
        .header("Authorization", "Bearer $key").header("Content-Type", "application/json")
    if (headers.isNotEmpty()) request.headers(*headers)
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString())
}

private fun allClients(): List<Client> {
    val found = mutableListOf<Client>()
    var page: String? = null
    do {
        val from = page?.let { "&page=" + URLEncoder.encode(it, Charsets.UTF_8) } ?: ""
        val answer = json.decodeFromString<ClientPage>(ask("GET", "clients?limit=25$from").body())
        found += answer.records
        page = answer.nextPage
    } while (page != null)
    return found
}

private fun rename(id: String, lastName: String, match: String): String {
    val body = json.encodeToString(ClientPatch(lastName = lastName))
    val answer = ask("PATCH", "clients/$id", body, "If-Match", match, "Idempotency-Key", "${UUID.randomUUID()}")
    if (answer.statusCode() != 200) return json.decodeFromString<Problem>(answer.body()).code
    return json.decodeFromString<Client>(answer.body()).lastName ?: ""
}

fun main() {
    // A field that is not named is left alone; as null it would be emptied.
    Serializer.kotlinxSerializationJsonConfiguration = { encodeDefaults = false }
    val clients = allClients()
    val ada = ClientCreate(
        clientType = ClientType.consumer, firstName = "Ada", lastName = "Typed", email = "ada@example.com"
    )
    val made = ask("POST", "clients", json.encodeToString(ada), "Idempotency-Key", "${UUID.randomUUID()}")
    val id = json.decodeFromString<Client>(made.body()).id
    val match = made.headers().firstValue("ETag").get()
    val changed = rename(id, "Compiled", match)
    val stale = rename(id, "Lost", match)
    println("""{"clients": ${clients.size}, "id": "$id", "changed": "$changed", "stale": "$stale"}""")
}
