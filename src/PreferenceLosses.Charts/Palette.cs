using System.Collections.Immutable;
using System.Text;

namespace PreferenceLosses.Charts;

/// <summary>
/// The colours of both themes. Those of the series have a contrast of 3 to their background at least, those of text of 4.5, and they stay apart for readers who
/// do not see red or green; the tests compute it.
/// </summary>
internal sealed record Palette(string Background, string Text, string Muted, string Grid, ImmutableArray<string> Series)
{
    /// <summary>What the names of classes begin with, because a chart may be put into a page with classes of its own.</summary>
    public const string Prefix = "plc-";

    public static Palette Light { get; } = new(
        "#ffffff", "#1f2328", "#57606a", "#dfe3e8",
        ["#0072b2", "#d55e00", "#00825e", "#b0559b", "#8f7000", "#3c3c3c", "#3f93c6"]);

    public static Palette Dark { get; } = new(
        "#15181d", "#e6e8eb", "#a3abb5", "#30363d",
        ["#4da3e0", "#f0883e", "#2fc79a", "#e58ac6", "#e6cf3a", "#d8d8d8", "#8fd3ff"]);

    /// <summary>The style sheet of a theme, whose rules hold within elements of <see cref="ClassOf"/> alone.</summary>
    public static string StyleSheet(Theme theme)
    {
        var css = new StringBuilder();
        var scope = ClassOf(theme);
        switch (theme)
        {
            case Theme.Light:
                Light.AddRules(css, scope);
                break;
            case Theme.Dark:
                Dark.AddRules(css, scope);
                break;
            default:
                Light.AddRules(css, scope);
                css.Append("@media (prefers-color-scheme: dark) {\n");
                Dark.AddRules(css, scope);
                css.Append("}\n");
                break;
        }

        return css.ToString();
    }

    public static string ClassOf(Theme theme) => Prefix + theme switch
    {
        Theme.Light => "light",
        Theme.Dark => "dark",
        _ => "automatic",
    };

    private void AddRules(StringBuilder css, string scope)
    {
        Rule("background", "fill", Background);
        Rule("text", "fill", Text);
        Rule("muted", "fill", Muted);
        Rule("halo", "stroke", Background);
        Rule("grid", "stroke", Grid);
        Rule("axis", "stroke", Muted);
        for (var i = 0; i < Series.Length; i++)
        {
            Rule($"series{i}", "color", Series[i]);
        }

        void Rule(string name, string property, string colour) => css.Append($".{scope} .{Prefix}{name} {{ {property}: {colour} }}\n");
    }
}
