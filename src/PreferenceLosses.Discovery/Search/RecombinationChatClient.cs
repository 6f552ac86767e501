using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.AI;
using PreferenceLosses.Training;

namespace PreferenceLosses.Discovery;

/// <summary>No language model at all: it proposes random mixtures of the established objectives. What a language model finds is a discovery only if it beats them.</summary>
/// <remarks>
/// <para>
/// Two or more different objectives are mixed: with weights, w₁·ℓ₁ + w₂·ℓ₂ + …, each log-uniform from 0.01 to 10; or two of them by a gate, σ(s)·ℓ₁ + σ(−s)·ℓ₂ with s = (ℓ₁ − ℓ₂)/τ and τ log-uniform from 0.1
/// to 10: between the larger of the two (τ small) and their mean, or, as often, with −s, the smaller.
/// </para>
/// <para>
/// A mixture is a text: the functions one after the other, and what they returned put together. It goes the way of every proposal. Which one it is follows from
/// <see cref="ChatOptions.Seed"/> alone.
/// </para>
/// </remarks>
public sealed class RecombinationChatClient : LocalChatClient
{
    private const string Return = "    return ";

    private readonly string signature;
    private readonly ImmutableArray<(string Name, string Body)> parts;

    /// <summary>A client for a domain.</summary>
    /// <param name="domain">The domain. Its established objectives with one output for each row are mixed.</param>
    /// <exception cref="ArgumentException">It has fewer than two such objectives, or they are not functions of the same arguments that end in one return.</exception>
    public RecombinationChatClient(IObjectiveDomain domain)
        : base("recombination")
    {
        ArgumentNullException.ThrowIfNull(domain);
        var mixable = domain.Established.Where(one => domain.Validate(one, 1, []).Objective is { Loss.Graph.Losses.Length: 1 }).ToArray();
        if (mixable.Length < 2)
        {
            throw new ArgumentException($"The domain '{domain.Name}' has {mixable.Length} established objectives with one output for each row; at least two are needed.", nameof(domain));
        }

        signature = SignatureOf(mixable[0]);
        parts = [.. mixable.Select(one => SignatureOf(one) == signature
            ? (UntrustedText.DisplayName(one.Name), BodyOf(one))
            : throw new ArgumentException($"The objectives '{mixable[0].Name}' and '{one.Name}' have other arguments.", nameof(domain)))];
    }

    /// <inheritdoc/>
    public override Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var seed = options?.Seed ?? throw new ArgumentException("What is proposed follows from the seed, and there is none.", nameof(options));
        var (name, code) = Mixture(new RandomStream((ulong)seed));
        var reply = $"{{\"thought\": \"A random mixture.\", \"name\": {UntrustedText.Quoted(name)}, \"code\": {UntrustedText.Quoted(code)}}}";
        return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, reply)) { Usage = new() { InputTokenCount = 0, OutputTokenCount = 0 } });
    }

    private (string Name, string Code) Mixture(RandomStream random)
    {
        var isGate = random.NextInt(2) == 0;
        var count = isGate ? 2 : 2 + random.NextInt(parts.Length - 1);
        var chosen = random.NextPermutation(parts.Length).Take(count).Select(i => parts[i]).ToArray();
        var result = isGate
            ? Gate(LogUniform(random, 0.1, 10), random.NextInt(2) == 0 ? "" : "-")
            : Return + string.Join(" + ", chosen.Select((_, i) => $"{Text(LogUniform(random, 0.01, 10))} * part_{i + 1}"));
        var name = $"{string.Join('_', chosen.Select(part => part.Name.Replace('-', '_')))}_{(isGate ? "gate" : "sum")}";
        var code = new StringBuilder($"def mixture_loss({signature}):\n");
        foreach (var (i, (_, body)) in chosen.Index())
        {
            // What a function assigns it assigns before it reads it, so the next one may use the same names.
            code.Append(body.Replace(Return, $"    part_{i + 1} = ", StringComparison.Ordinal)).Append('\n');
        }

        return (name, code.Append(result).Append('\n').ToString());

        static string Gate(double width, string sign) => $"    gate = torch.sigmoid({sign}(part_1 - part_2) / {Text(width)})\n{Return}gate * part_1 + (1 - gate) * part_2";
    }

    /// <summary>Two digits are enough for a weight, and a reader.</summary>
    private static string Text(double number) => double.Parse(number.ToString("G2", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture);

    private static double LogUniform(RandomStream random, double from, double to) => from * Math.Pow(to / from, random.NextDouble());

    private static string SignatureOf(Proposal one)
    {
        var (open, close) = (one.Code.IndexOf('(', StringComparison.Ordinal), one.Code.IndexOf("):\n", StringComparison.Ordinal));
        return one.Code.StartsWith("def ", StringComparison.Ordinal) && open > 0 && close > open
            ? one.Code[(open + 1)..close]
            : throw new ArgumentException($"The code of '{one.Name}' does not begin with a function on one line.");
    }

    private static string BodyOf(Proposal one)
    {
        var body = one.Code[(one.Code.IndexOf("):\n", StringComparison.Ordinal) + 3)..].TrimEnd();
        return body.Split(Return).Length == 2 ? body : throw new ArgumentException($"The code of '{one.Name}' does not have one return.");
    }
}
