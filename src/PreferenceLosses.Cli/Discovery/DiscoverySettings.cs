using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using PreferenceLosses.Cli.Training;
using PreferenceLosses.Discovery;

namespace PreferenceLosses.Cli.Discovery;

/// <summary>What a run was begun with: the file <c>settings.json</c> of its folder, from which it is gone on with. Keys are not in it.</summary>
internal sealed record DiscoverySettings
{
    public const string Scripted = "scripted";
    public const string Manual = "manual";
    public const string Recorded = "recorded";
    public const string Random = "random";
    public const string Pairs = "pairs";
    public const string Classification = "classification";

    public string Domain { get; init; } = Pairs;

    public string Model { get; init; } = Scripted;

    public string? BaseUrl { get; init; }

    public string? KeyVariable { get; init; }

    public bool JsonMode { get; init; } = true;

    public string MaxTokensField { get; init; } = "max_tokens";

    public string? Recording { get; init; }

    public int? RequestsPerMinute { get; init; }

    public int? TokensPerMinute { get; init; }

    public double? Temperature { get; init; }

    public int ReplyTokens { get; init; }

    public string Context { get; init; } = "chronological";

    public int TopK { get; init; } = 8;

    public string Order { get; init; } = "worst-first";

    public bool Thoughts { get; init; } = true;

    public bool? Failures { get; init; }

    public bool Curves { get; init; }

    public bool Picture { get; init; }

    public ImmutableArray<string> Evaluator { get; init; } = [];

    public string? EvaluatorDescription { get; init; }

    public string EvaluatorVersion { get; init; } = "1";

    public double EvaluatorHours { get; init; } = 24;

    public int EvaluatorTries { get; init; } = 3;

    public int EvaluatorsAtOnce { get; init; } = 1;

    public ImmutableArray<int> SeedRounds { get; init; } = [3, 5, 8];

    public int Seed { get; init; }

    public int Repairs { get; init; } = 3;

    public bool Confirm { get; init; } = true;

    public int Threads { get; init; }

    public int Generations { get; init; } = 20;

    public int Attempts { get; init; } = 100;

    public int? Patience { get; init; }

    public int? MaxTokens { get; init; }

    public decimal? MaxCost { get; init; }

    public decimal? InputPrice { get; init; }

    public decimal? OutputPrice { get; init; }

    public double? Hours { get; init; }

    /// <summary>Whether the model is asked over a network.</summary>
    public bool IsServer => Model is not (Scripted or Manual or Recorded or Random);

    public TokenPrices? Prices => InputPrice is { } input && OutputPrice is { } output ? new TokenPrices(input, output) : null;

    public DiscoveryOptions Options(ImmutableArray<ConfirmationStage> confirmation) => new()
    {
        MaximumGenerations = Generations,
        MaximumAttempts = Attempts,
        MaximumRepairs = Repairs,
        MaximumTokens = MaxTokens,
        MaximumCost = MaxCost,
        Prices = Prices,
        MaximumTime = Hours is { } hours ? TimeSpan.FromHours(hours) : null,
        Patience = Patience,
        Context = Strategy(),
        Temperature = (float?)Temperature,
        MaximumReplyTokens = ReplyTokens,
        Seed = (ulong)Seed,
        SeedRounds = SeedRounds,
        Confirmation = confirmation,
    };

    public void Save(string path) => AtomicFile.Write(path, file => JsonSerializer.Serialize(file, this, SettingsJson.Default.DiscoverySettings));

    public static DiscoverySettings Load(string path) => InputFile.Guard(path, () =>
    {
        using var file = File.OpenRead(path);
        try
        {
            return JsonSerializer.Deserialize(file, SettingsJson.Default.DiscoverySettings) ?? throw new JsonException("It is null.");
        }
        catch (JsonException wrong)
        {
            throw CommandException.Failure($"'{path}' does not hold the settings of a run: {wrong.Message}");
        }
    });

    private IContextStrategy Strategy() => Context switch
    {
        "chronological" => new ChronologicalContext { WithThoughts = Thoughts, WithFailures = Failures ?? true, WithCurves = Curves, WithPictures = Picture },
        "best" => new BestContext
        {
            Count = TopK,
            Order = Order switch { "best-first" => ContextOrder.BestFirst, "worst-first" => ContextOrder.WorstFirst, _ => ContextOrder.Unsorted },
            WithThoughts = Thoughts,
            WithFailures = Failures ?? false,
        },
        _ => new BurnInContext(),
    };
}

/// <summary>Settings as JSON that people can read.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(DiscoverySettings))]
internal sealed partial class SettingsJson : JsonSerializerContext;
