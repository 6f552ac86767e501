using System.Text.Json;
using PreferenceLosses.Cli.Json;
using PreferenceLosses.Losses;
using PreferenceLosses.Text;

namespace PreferenceLosses.Cli.Evaluation;

/// <summary>Which loss, with which values of its parameters.</summary>
internal static class LossChoice
{
    public static LossEntry Find(LossCatalog catalog, string name)
    {
        try
        {
            return catalog.Find(name);
        }
        catch (ArgumentException unknown)
        {
            throw CommandException.WrongUsage($"{LibraryMessage.Of(unknown)} 'list' names them all.");
        }
    }

    /// <summary>The loss that JSON describes. Such a description is data: what is wrong in it is a failure, not wrong usage.</summary>
    public static PreferenceLoss FromSpec(LossCatalog catalog, JsonElement spec)
    {
        try
        {
            return JsonText.Decode(() => LossJson.Read(spec, catalog));
        }
        catch (JsonException wrong)
        {
            throw CommandException.Failure($"The spec is not accepted: {LibraryMessage.Of(wrong)}");
        }
    }

    /// <summary>The loss that a Python function describes, with what was mended to read it. Text is data, like a spec.</summary>
    public static LossCodeResult FromPython(string text, string what)
    {
        var result = LossCode.Parse(text);
        return result.Loss is null
            ? throw CommandException.Failure($"{what} is not accepted: {string.Join(" | ", result.Diagnostics)}")
            : result;
    }

    public static PreferenceLoss Configure(PreferenceLoss loss, IReadOnlyDictionary<string, double> settings)
    {
        try
        {
            return settings.Aggregate(loss, (configured, setting) => configured.With(setting.Key, setting.Value));
        }
        catch (ArgumentException wrong)
        {
            throw CommandException.WrongUsage(LibraryMessage.Of(wrong));
        }
    }
}
